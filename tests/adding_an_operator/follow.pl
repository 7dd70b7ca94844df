# Does in the tree of $ARGV[1] what the page $ARGV[0] shows: writes each code block that follows a line "**path**…" to
# that path, and replaces what each diff shows. Prints "edited PATH" and "added PATH".
use strict;
use warnings;
use File::Basename qw(dirname);
use File::Path qw(make_path);

my ($page, $tree) = @ARGV;

sub read_file {
    my ($path) = @_;
    open(my $file, '<', $path) or die "$path: $!\n";
    local $/;
    return scalar <$file>;
}

sub write_file {
    my ($path, $text) = @_;
    make_path(dirname($path));
    open(my $file, '>', $path) or die "$path: $!\n";
    print $file $text;
    close($file) or die "$path: $!\n";
}

# A diff without line numbers: its context and the lines taken away occur once in the file.
sub edit {
    my ($path, $diff) = @_;
    my ($old, $new) = ('', '');
    for my $line (split /^/, $diff) {
        my ($mark, $rest) = $line =~ /^([ +-])(.*\n)$/ or die "$page: a line of the diff of $path has no mark: $line";
        $old .= $rest if $mark ne '+';
        $new .= $rest if $mark ne '-';
    }
    s/^\s+|\s+$//g for $old, $new;
    my $text = read_file("$tree/$path");
    my $count = () = $text =~ /\Q$old\E/g;
    die "$page: $path holds $count times, where the diff expects once:\n$old\n" if $count != 1;
    $text =~ s/\Q$old\E/$new/;
    write_file("$tree/$path", $text);
}

my ($path, $kind, $block) = ('', '', '');
for my $line (split /^/, read_file($page)) {
    if ($kind eq '') {
        $path = $1 if $line =~ /^\*\*([^*]+)\*\*/;
        die "$page: $path is outside the project\n" if $path =~ /^\/|\.\./;
        $path = '' if $line =~ /^#/;
        $kind = $1 || 'text' if $line =~ /^\s*```(\w*)\s*$/;
        $block = '';
    } elsif ($line =~ /^\s*```\s*$/) {
        if ($kind eq 'diff') {
            edit($path, $block);
            print "edited $path\n";
        } elsif ($path ne '') {
            die "$page: $path is there already\n" if -e "$tree/$path";
            write_file("$tree/$path", $block);
            print "added $path\n";
        }
        $kind = '';
    } else {
        $block .= $line;
    }
}
die "$page: a block has no end\n" if $kind ne '';
