"""Records of small notebooks: what they establish, and what each seeded fault contradicts."""
