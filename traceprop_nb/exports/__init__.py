"""Other people's formats: a frozen picture of a session, written and read back."""
