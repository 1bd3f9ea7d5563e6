"""Files that were changed at random, and a program that loads them."""
