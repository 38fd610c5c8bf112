"""The notebook's side, through a real IPython shell or kernel."""
