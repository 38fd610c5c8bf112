"""What may be said of people: pseudonyms, redaction, sensitivity tags and erasure."""
