"""Where rows come from again and again: folders, databases, storage."""
