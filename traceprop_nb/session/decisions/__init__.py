"""One decision about one person, by a recorded model: asked, answered, and put on record."""
