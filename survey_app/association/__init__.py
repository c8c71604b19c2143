"""Pages of the association: whom to ask and who has answered, never an answer."""
