"""What an editor offers while a query is typed: terms with how often they are used, and things."""
