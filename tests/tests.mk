# Targets that test and measure; included by the Makefile.
