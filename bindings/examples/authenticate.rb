#!/usr/bin/env ruby
# Turns a Stytch impersonation token, one line on standard input, into a session. Ruby with its own Fiddle:
#
#     ruby authenticate.rb < token
#
# The loader finds the library; where it is elsewhere, STYTCH_LIBRARY is its path. The environment gives
# STYTCH_PROJECT_ID, STYTCH_SECRET and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session; 75 none, but the
# same token may be sent again; 1 none.
require 'fiddle/import'

module Stytch
  extend Fiddle::Importer
  dlload ENV.fetch('STYTCH_LIBRARY', 'libstytch.so.0')
  extern 'unsigned int stytch_abi_version()'
  extern 'void *stytch_options_new()'
  # A C bool is one byte: not every Fiddle knows the word, and every one knows char.
  extern 'char stytch_options_set_base_url(void *, const char *, void **)'
  extern 'void stytch_options_free(void *)'
  extern 'void *stytch_client_new(const char *, const char *, void *, void **)'
  extern 'void stytch_client_free(void *)'
  extern 'void *stytch_impersonation_authenticate(void *, const char *, void **)'
  extern 'const char *stytch_response_get_string(void *, const char *)'
  extern 'void stytch_response_free(void *)'
  extern 'char stytch_error_is_retryable(void *)'
  extern 'const char *stytch_error_message(void *)'
  extern 'const char *stytch_error_type(void *)'
  extern 'void stytch_error_free(void *)'

  class Error < StandardError
    attr_reader :type

    # Takes what it needs from the C error, and frees it.
    def initialize(handle)
      @retryable = Stytch.stytch_error_is_retryable(handle) != 0
      @type = Stytch.text(Stytch.stytch_error_type(handle))
      super(Stytch.text(Stytch.stytch_error_message(handle)))
    ensure
      Stytch.stytch_error_free(handle)
    end

    def retryable? = @retryable
  end

  # A C string as a String of its own, NULL as nil.
  def self.text(pointer) = pointer.null? ? nil : pointer.to_s.force_encoding(Encoding::UTF_8)

  # Gives the block a place for an error; raises what the library puts there.
  def self.checked
    Fiddle::Pointer.malloc(Fiddle::SIZEOF_VOIDP, Fiddle::RUBY_FREE) do |place|
      result = yield place
      raise Error, place.ptr unless place.ptr.null?

      result
    end
  end

  def self.with_client(project_id, secret, base_url)
    options = stytch_options_new
    checked { |error| stytch_options_set_base_url(options, base_url, error) } if base_url
    client = checked { |error| stytch_client_new(project_id, secret, options, error) }
    yield client
  ensure
    stytch_client_free(client)
    stytch_options_free(options)
  end
end

# Text from elsewhere may contain escape sequences that a terminal would obey.
def field(label, text) = format("%-16s %s\n", label, (text || '(none)').to_s.gsub(/[\x00-\x1f\x7f]/, '?'))

unless Stytch.stytch_abi_version == 1
  warn "This program is written for libstytch's ABI 1."
  exit 1
end
base_url = ENV['STYTCH_BASE_URL'].to_s.empty? ? nil : ENV['STYTCH_BASE_URL']
begin
  Stytch.with_client(ENV['STYTCH_PROJECT_ID'], ENV['STYTCH_SECRET'], base_url) do |client|
    token = $stdin.gets.to_s.chomp
    session = Stytch.checked { |error| Stytch.stytch_impersonation_authenticate(client, token, error) }
    { 'member' => '/member/name', 'organization' => '/organization/organization_name',
      'impersonated by' =>
        '/member_session/authentication_factors/0/impersonated_factor/impersonator_email_address',
      'ends' => '/member_session/expires_at' }.each do |label, pointer|
      print field(label, Stytch.text(Stytch.stytch_response_get_string(session, pointer)))
    end
  ensure
    Stytch.stytch_response_free(session)
  end
rescue Stytch::Error => e
  warn field('No session:', e.message) + field('type', e.type) + field('try again', e.retryable? ? 'yes' : 'no')
  exit e.retryable? ? 75 : 1
end
