#!/usr/bin/perl
# Turns a Stytch impersonation token, one line on standard input, into a session. Perl 5 with FFI::Platypus:
#
#     perl authenticate.pl < token
#
# The loader finds the library; where it is elsewhere, STYTCH_LIBRARY is its path. The environment gives
# STYTCH_PROJECT_ID, STYTCH_SECRET and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session; 75 none, but the
# same token may be sent again; 1 none.
use strict;
use warnings;
use FFI::Platypus 1.00;

my $ffi = FFI::Platypus->new(api => 1, lib => $ENV{STYTCH_LIBRARY} || 'libstytch.so.0');
$ffi->attach(stytch_abi_version                => []                                            => 'uint32');
$ffi->attach(stytch_options_new                => []                                            => 'opaque');
$ffi->attach(stytch_options_set_base_url       => ['opaque', 'string', 'opaque*']               => 'bool');
$ffi->attach(stytch_options_free               => ['opaque']                                    => 'void');
$ffi->attach(stytch_client_new                 => ['string', 'string', 'opaque', 'opaque*']     => 'opaque');
$ffi->attach(stytch_client_free                => ['opaque']                                    => 'void');
$ffi->attach(stytch_impersonation_authenticate => ['opaque', 'string', 'opaque*']               => 'opaque');
$ffi->attach(stytch_response_get_string        => ['opaque', 'string']                          => 'string');
$ffi->attach(stytch_response_free              => ['opaque']                                    => 'void');
$ffi->attach(stytch_error_is_retryable         => ['opaque']                                    => 'bool');
$ffi->attach(stytch_error_message              => ['opaque']                                    => 'string');
$ffi->attach(stytch_error_type                 => ['opaque']                                    => 'string');
$ffi->attach(stytch_error_free                 => ['opaque']                                    => 'void');

# Text from elsewhere may contain escape sequences that a terminal would obey. A NULL from C is undef here. The
# bytes are UTF-8, and are printed as they are: decode() them where you work with them.
sub field {
    my ($label, $text) = @_;
    $text //= '(none)';
    $text =~ tr/\x00-\x1f\x7f/?/;
    return sprintf "%-16s %s\n", $label, $text;
}

sub fail {
    my ($error) = @_;
    my $retryable = stytch_error_is_retryable($error);
    print STDERR field('No session:', stytch_error_message($error)), field('type', stytch_error_type($error)),
        field('try again', $retryable ? 'yes' : 'no');
    stytch_error_free($error);
    return $retryable ? 75 : 1;
}

sub authenticate {
    my ($client, $token) = @_;
    my $error;
    my $response = stytch_impersonation_authenticate($client, $token, \$error) or return fail($error);
    my $factor   = '/member_session/authentication_factors/0/impersonated_factor';
    print field('member', stytch_response_get_string($response, '/member/name')),
        field('organization', stytch_response_get_string($response, '/organization/organization_name')),
        field('impersonated by', stytch_response_get_string($response, "$factor/impersonator_email_address")),
        field('ends', stytch_response_get_string($response, '/member_session/expires_at'));
    stytch_response_free($response);
    return 0;
}

sub new_client {
    my ($error_out) = @_;
    my $options = stytch_options_new();
    my $url     = $ENV{STYTCH_BASE_URL};
    my $client;
    if (!$url || stytch_options_set_base_url($options, $url, $error_out)) {
        $client = stytch_client_new($ENV{STYTCH_PROJECT_ID}, $ENV{STYTCH_SECRET}, $options, $error_out);
    }
    stytch_options_free($options);
    return $client;
}

stytch_abi_version() == 1 or do { print STDERR "This program is written for libstytch's ABI 1.\n"; exit 1 };
my $token = <STDIN> // '';
$token =~ s/[\r\n]+\z//;
my $error;
my $client = new_client(\$error) or exit fail($error);
my $status = authenticate($client, $token);
stytch_client_free($client);
exit $status;
