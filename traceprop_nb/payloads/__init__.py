"""Values of the analysis as the JSON that crosses to the browser, and their static twins."""
