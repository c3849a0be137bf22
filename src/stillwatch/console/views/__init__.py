"""What each page of the console shows and does, one module a part of the menu."""
