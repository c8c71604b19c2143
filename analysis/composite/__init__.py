"""An index over many units (provinces, departments, countries) from a table of indicators.

The steps are those of the OECD/JRC Handbook on Constructing Composite Indicators (2008): `structure` says what belongs
where, then `screening`, `treatment`, `normalisation`, `weights` and `aggregation`; `method` runs them in order.
"""
