"""The drawing kit: frames in, Plotly figures out."""
