#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0-only
#
# count.pl SKIPS STATUS N FILE...: what recorded TAP streams say, of N test
# files that prove ran and of which it thought STATUS. Prints every failed test
# with the comments behind it and the seed that repeats the run, every skip, then
# "N passed, N failed, N skipped".
# A skip whose reason no line of SKIPS (regular expressions) matches is a
# failure, and so is a stream that broke off, said nothing, or did not keep its
# plan. Fails unless nothing failed.

use strict;
use warnings;
use TAP::Parser;

my ($skips, $status, $n, @files) = @ARGV;
my ($passed, $failed, $skipped) = (0, 0, 0);

open(my $in, '<', $skips) or die "$skips: $!\n";
my @known = map { chomp; qr/$_/ } grep { !/^\s*(#|$)/ } <$in>;
close($in);

sub skip
{
	my ($file, $name, $reason) = @_;

	if (grep { $reason =~ $_ } @known) {
		$skipped++;
		print "skipped: $file: $name: $reason\n";
	} else {
		$failed++;
		print "FAILED: $file: $name: skipped, ",
			"and $skips does not know why: $reason\n";
	}
}

sub count
{
	my ($file, $name) = @_;
	my ($failing, $seed) = (0, '');

	if (-z $file) {
		$failed++;
		print "FAILED: $name: it said nothing\n";
		return;
	}
	open(my $tap, '<', $file) or die "$file: $!\n";
	my $parser = TAP::Parser->new({ tap => join('', <$tap>) });
	close($tap);
	while (my $line = $parser->next) {
		if ($line->is_plan && $parser->skip_all) {
			skip($name, 'all', $line->explanation);
		} elsif (!$line->is_test) {
			next unless $line->is_comment;
			$seed = '  ' . $line->as_string . "\n"
				if $line->as_string =~ /seed/i;
			print '  ', $line->as_string, "\n" if $failing;
		} elsif ($line->has_skip) {
			skip($name, 'test ' . $line->number,
			     $line->explanation);
			$failing = 0;
		} elsif ($line->is_actual_ok) {
			$passed++;
			$failing = 0;
		} else {
			# Marked "todo" or not: what does not work is a failure.
			$failed++;
			print "FAILED: $name: ", $line->as_string, "\n", $seed;
			$failing = 1;
			$seed = '';
		}
	}
	return unless $parser->parse_errors;
	$failed++;
	print "FAILED: $name: ", join('; ', $parser->parse_errors), "\n";
}

for my $file (@files) {
	my $name = $file;

	$name =~ s{^.*?/tap/}{};
	count($file, $name);
}
# A file that left no stream, or ended badly after good words, is known to prove
# alone.
if (@files < $n || ($status && !$failed)) {
	$failed++;
	print "FAILED: a test file ended badly: see above\n";
}
print "$passed passed, $failed failed, $skipped skipped\n";
exit($failed != 0);
