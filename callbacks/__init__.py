"""What happens when a user acts: thin handlers between the page and the engine."""
