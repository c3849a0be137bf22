"""Files of each format become Arrow columns in bounded memory."""
