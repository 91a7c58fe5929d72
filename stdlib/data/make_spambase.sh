#!/bin/sh
# make_spambase.sh -- prints spambase.csv.gz, made from the copy in Debian's r-cran-kernlab:
#   sh stdlib/data/make_spambase.sh > stdlib/data/spambase.csv.gz
# R prints numbers with 15 digits, so the decimals are those of the data; -n leaves the time stamp out, so that
# gzip 1.12 gives the same bytes again.
set -eu
Rscript -e 'data(spam, package = "kernlab"); write.csv(spam, row.names = FALSE, quote = FALSE)' | gzip -9n
