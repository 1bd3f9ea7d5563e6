"""Files that want more than to be data, and a program that loads them and watches what happens."""
