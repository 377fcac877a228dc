"""The one seam to the data: a query by name, its parameters, and what the viewer may see."""
