"""Proof of the promise: attacks that must fail, by somebody who holds everything the system leaves behind."""
