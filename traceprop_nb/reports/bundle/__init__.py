"""A record's bundle: a zip that is an RO-Crate and brings its own verifier."""
