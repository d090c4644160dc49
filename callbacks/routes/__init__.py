"""HTTP routes beside the page: uploads, downloads, health."""
