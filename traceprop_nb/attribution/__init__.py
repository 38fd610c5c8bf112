"""Attribution methods: which training rows moved a prediction, and by how much."""
