! Turns a Stytch impersonation token, one line on standard input, into a session. Fortran 2018 (iso_c_binding):
!
!     gfortran authenticate.f90 -lstytch -o authenticate && ./authenticate < token
!
! Where the library is not installed, add -L and its folder, and run with LD_LIBRARY_PATH. The environment gives
! STYTCH_PROJECT_ID, STYTCH_SECRET and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session; 75 none, but the
! same token may be sent again; 1 none.
module stytch
  use, intrinsic :: iso_c_binding
  implicit none

  interface
    type(c_ptr) function stytch_options_new() bind(c)
      import :: c_ptr
    end function
    logical(c_bool) function stytch_options_set_base_url(options, url, error) bind(c)
      import :: c_ptr, c_char, c_bool
      type(c_ptr), value :: options
      character(kind=c_char), intent(in) :: url(*)
      type(c_ptr), intent(out) :: error
    end function
    subroutine stytch_options_free(options) bind(c)
      import :: c_ptr
      type(c_ptr), value :: options
    end subroutine
    type(c_ptr) function stytch_client_new(project_id, secret, options, error) bind(c)
      import :: c_ptr, c_char
      character(kind=c_char), intent(in) :: project_id(*), secret(*)
      type(c_ptr), value :: options
      type(c_ptr), intent(out) :: error
    end function
    subroutine stytch_client_free(client) bind(c)
      import :: c_ptr
      type(c_ptr), value :: client
    end subroutine
    type(c_ptr) function stytch_impersonation_authenticate(client, token, error) bind(c)
      import :: c_ptr, c_char
      type(c_ptr), value :: client
      character(kind=c_char), intent(in) :: token(*)
      type(c_ptr), intent(out) :: error
    end function
    type(c_ptr) function stytch_response_get_string(response, pointer) bind(c)
      import :: c_ptr, c_char
      type(c_ptr), value :: response
      character(kind=c_char), intent(in) :: pointer(*)
    end function
    subroutine stytch_response_free(response) bind(c)
      import :: c_ptr
      type(c_ptr), value :: response
    end subroutine
    logical(c_bool) function stytch_error_is_retryable(error) bind(c)
      import :: c_ptr, c_bool
      type(c_ptr), value :: error
    end function
    type(c_ptr) function stytch_error_message(error) bind(c)
      import :: c_ptr
      type(c_ptr), value :: error
    end function
    type(c_ptr) function stytch_error_type(error) bind(c)
      import :: c_ptr
      type(c_ptr), value :: error
    end function
    subroutine stytch_error_free(error) bind(c)
      import :: c_ptr
      type(c_ptr), value :: error
    end subroutine
    integer(c_size_t) function strlen(string) bind(c)
      import :: c_ptr, c_size_t
      type(c_ptr), value :: string
    end function
  end interface

contains

  ! A copy of a borrowed C string. It may contain escape sequences that a terminal would obey: they become '?'.
  function text(string) result(copy)
    type(c_ptr), intent(in) :: string
    character(:), allocatable :: copy
    character(kind=c_char), pointer :: bytes(:)
    integer :: i
    copy = '(none)'
    if (.not. c_associated(string)) return
    call c_f_pointer(string, bytes, [strlen(string)])
    copy = repeat('?', size(bytes))
    do i = 1, size(bytes)
      if (iachar(bytes(i)) >= 32 .and. iachar(bytes(i)) /= 127) copy(i:i) = bytes(i)
    end do
  end function

  ! A variable of the environment as a C string; empty where it is not set.
  function env(name) result(value)
    character(*), intent(in) :: name
    character(:), allocatable :: value
    integer :: length
    call get_environment_variable(name, length=length)
    value = repeat(' ', length)
    if (length > 0) call get_environment_variable(name, value)
    value = value // c_null_char
  end function
end module

program authenticate
  use stytch
  use, intrinsic :: iso_fortran_env, only: error_unit, output_unit
  implicit none

  character(*), parameter :: factor = '/member_session/authentication_factors/0/impersonated_factor'
  type(c_ptr) :: options, client, session, error
  character(8192) :: token
  logical :: ready
  integer :: status, end_of_file

  error = c_null_ptr
  client = c_null_ptr
  session = c_null_ptr
  token = ''
  read (*, '(a)', iostat=end_of_file) token ! without a line it stays empty, and the library refuses that

  options = stytch_options_new()
  ready = .true.
  if (len(env('STYTCH_BASE_URL')) > 1) ready = stytch_options_set_base_url(options, env('STYTCH_BASE_URL'), error)
  if (ready) client = stytch_client_new(env('STYTCH_PROJECT_ID'), env('STYTCH_SECRET'), options, error)
  if (c_associated(client)) &
    session = stytch_impersonation_authenticate(client, trim(token) // c_null_char, error)

  status = 0
  if (c_associated(session)) then
    call field(output_unit, 'member', stytch_response_get_string(session, '/member/name' // c_null_char))
    call field(output_unit, 'organization', &
      stytch_response_get_string(session, '/organization/organization_name' // c_null_char))
    call field(output_unit, 'impersonated by', &
      stytch_response_get_string(session, factor // '/impersonator_email_address' // c_null_char))
    call field(output_unit, 'ends', stytch_response_get_string(session, '/member_session/expires_at' // c_null_char))
  else
    status = failure(error)
  end if
  call stytch_response_free(session)
  call stytch_error_free(error)
  call stytch_client_free(client)
  call stytch_options_free(options)
  stop status, quiet=.true.

contains

  subroutine field(unit, label, string)
    integer, intent(in) :: unit
    character(*), intent(in) :: label
    type(c_ptr), intent(in) :: string
    write (unit, '(a16, 1x, a)') [character(16) :: label], text(string)
  end subroutine

  integer function failure(error) result(status)
    type(c_ptr), intent(in) :: error
    logical :: retryable
    retryable = stytch_error_is_retryable(error)
    call field(error_unit, 'No session:', stytch_error_message(error))
    call field(error_unit, 'type', stytch_error_type(error))
    write (error_unit, '(a16, 1x, a)') [character(16) :: 'try again'], trim(merge('yes', 'no ', retryable))
    status = merge(75, 1, retryable)
  end function
end program
