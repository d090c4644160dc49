"""A build of a bundle: its steps in order (``plan``), what they share (``workshop``), running and publishing (``runner``)."""
