      *> Turns a Stytch impersonation token, one line on standard
      *> input, into a session. GnuCOBOL 3 with its own CALL:
      *>
      *>     cobc -x -fstatic-call authenticate.cob -lstytch
      *>     ./authenticate < token
      *>
      *> Where the library is not installed, add -L and its folder, and
      *> run with LD_LIBRARY_PATH. The environment gives
      *> STYTCH_PROJECT_ID, STYTCH_SECRET and, for a sandbox,
      *> STYTCH_BASE_URL. Return code: 0 a session; 75 none, but the
      *> same token may be sent again; 1 none.
       IDENTIFICATION DIVISION.
       PROGRAM-ID. AUTHENTICATE.
       DATA DIVISION.
       WORKING-STORAGE SECTION.
      *> C strings end with a NUL: trailing spaces become NULs, and one
      *> more stands behind each field, in case that it is full.
       01  C-STRINGS.
           05  PROJECT-ID          PIC X(4096) VALUE SPACES.
           05  FILLER              PIC X       VALUE LOW-VALUE.
           05  PROJECT-SECRET      PIC X(4096) VALUE SPACES.
           05  FILLER              PIC X       VALUE LOW-VALUE.
           05  BASE-URL            PIC X(2048) VALUE SPACES.
           05  FILLER              PIC X       VALUE LOW-VALUE.
           05  TOKEN               PIC X(8192) VALUE SPACES.
           05  FILLER              PIC X       VALUE LOW-VALUE.
       01  OPTIONS-HANDLE          USAGE POINTER VALUE NULL.
       01  CLIENT-HANDLE           USAGE POINTER VALUE NULL.
       01  SESSION-HANDLE          USAGE POINTER VALUE NULL.
       01  ERROR-HANDLE            USAGE POINTER VALUE NULL.
       01  TEXT-POINTER            USAGE POINTER VALUE NULL.
       01  RETRYABLE               USAGE BINARY-LONG VALUE 0.
       01  NOT-USED                USAGE BINARY-LONG VALUE 0.
       01  PROGRAM-STATUS          USAGE BINARY-LONG VALUE 0.
       01  LABEL-TEXT              PIC X(16).
       01  SHOWN-TEXT              PIC X(1024).
      *> What a terminal might obey, in text from elsewhere.
       01  CONTROL-BYTES.
           05  FILLER PIC X(8) VALUE X"0001020304050607".
           05  FILLER PIC X(8) VALUE X"08090A0B0C0D0E0F".
           05  FILLER PIC X(8) VALUE X"1011121314151617".
           05  FILLER PIC X(8) VALUE X"18191A1B1C1D1E1F".
           05  FILLER PIC X    VALUE X"7F".
       01  QUESTION-MARKS          PIC X(33) VALUE ALL "?".
       LINKAGE SECTION.
       01  C-TEXT                  PIC X(1024).

       PROCEDURE DIVISION.
       MAIN-LINE.
           ACCEPT PROJECT-ID FROM ENVIRONMENT "STYTCH_PROJECT_ID"
           ACCEPT PROJECT-SECRET FROM ENVIRONMENT "STYTCH_SECRET"
           ACCEPT BASE-URL FROM ENVIRONMENT "STYTCH_BASE_URL"
           ACCEPT TOKEN
           INSPECT PROJECT-ID REPLACING TRAILING SPACES BY LOW-VALUES
           INSPECT PROJECT-SECRET
               REPLACING TRAILING SPACES BY LOW-VALUES
           INSPECT BASE-URL REPLACING TRAILING SPACES BY LOW-VALUES
           INSPECT TOKEN REPLACING TRAILING SPACES BY LOW-VALUES

           CALL "stytch_options_new" RETURNING OPTIONS-HANDLE
      *>   A C bool is one byte, and COBOL would read four: whether
      *>   there is an error says the same.
           IF BASE-URL NOT = LOW-VALUES
               CALL "stytch_options_set_base_url" USING
                   BY VALUE OPTIONS-HANDLE BY REFERENCE BASE-URL
                   BY REFERENCE ERROR-HANDLE RETURNING NOT-USED
           END-IF
           IF ERROR-HANDLE = NULL
               CALL "stytch_client_new" USING
                   BY REFERENCE PROJECT-ID BY REFERENCE PROJECT-SECRET
                   BY VALUE OPTIONS-HANDLE BY REFERENCE ERROR-HANDLE
                   RETURNING CLIENT-HANDLE
           END-IF
           IF ERROR-HANDLE = NULL
               CALL "stytch_impersonation_authenticate" USING
                   BY VALUE CLIENT-HANDLE BY REFERENCE TOKEN
                   BY REFERENCE ERROR-HANDLE RETURNING SESSION-HANDLE
           END-IF
           IF ERROR-HANDLE = NULL
               PERFORM SHOW-SESSION
           ELSE
               PERFORM SHOW-ERROR
           END-IF

           CALL "stytch_response_free" USING BY VALUE SESSION-HANDLE
               RETURNING OMITTED
           CALL "stytch_error_free" USING BY VALUE ERROR-HANDLE
               RETURNING OMITTED
           CALL "stytch_client_free" USING BY VALUE CLIENT-HANDLE
               RETURNING OMITTED
           CALL "stytch_options_free" USING BY VALUE OPTIONS-HANDLE
               RETURNING OMITTED
           MOVE PROGRAM-STATUS TO RETURN-CODE
           STOP RUN.

       SHOW-SESSION.
           CALL "stytch_response_get_string" USING
               BY VALUE SESSION-HANDLE BY REFERENCE Z"/member/name"
               RETURNING TEXT-POINTER
           MOVE "member" TO LABEL-TEXT
           PERFORM SHOW-FIELD
           CALL "stytch_response_get_string" USING
               BY VALUE SESSION-HANDLE
               BY REFERENCE Z"/organization/organization_name"
               RETURNING TEXT-POINTER
           MOVE "organization" TO LABEL-TEXT
           PERFORM SHOW-FIELD
           STRING "/member_session/authentication_factors/0/"
               "impersonated_factor/impersonator_email_address"
               X"00" DELIMITED BY SIZE INTO SHOWN-TEXT
           CALL "stytch_response_get_string" USING
               BY VALUE SESSION-HANDLE BY REFERENCE SHOWN-TEXT
               RETURNING TEXT-POINTER
           MOVE "impersonated by" TO LABEL-TEXT
           PERFORM SHOW-FIELD
           CALL "stytch_response_get_string" USING
               BY VALUE SESSION-HANDLE
               BY REFERENCE Z"/member_session/expires_at"
               RETURNING TEXT-POINTER
           MOVE "ends" TO LABEL-TEXT
           PERFORM SHOW-FIELD.

       SHOW-FIELD.
           PERFORM COPY-TEXT
           DISPLAY LABEL-TEXT " " FUNCTION TRIM(SHOWN-TEXT TRAILING).

      *> Copies the C string at TEXT-POINTER to SHOWN-TEXT.
       COPY-TEXT.
           MOVE SPACES TO SHOWN-TEXT
           IF TEXT-POINTER = NULL
               MOVE "(none)" TO SHOWN-TEXT
           ELSE
               SET ADDRESS OF C-TEXT TO TEXT-POINTER
               STRING C-TEXT DELIMITED BY LOW-VALUE INTO SHOWN-TEXT
               INSPECT SHOWN-TEXT
                   CONVERTING CONTROL-BYTES TO QUESTION-MARKS
           END-IF.

       SHOW-ERROR.
           CALL "stytch_error_message" USING BY VALUE ERROR-HANDLE
               RETURNING TEXT-POINTER
           PERFORM COPY-TEXT
           DISPLAY "No session: " FUNCTION TRIM(SHOWN-TEXT TRAILING)
               UPON SYSERR
           CALL "stytch_error_type" USING BY VALUE ERROR-HANDLE
               RETURNING TEXT-POINTER
           PERFORM COPY-TEXT
           DISPLAY "type             "
               FUNCTION TRIM(SHOWN-TEXT TRAILING) UPON SYSERR
           CALL "stytch_error_is_retryable" USING
               BY VALUE ERROR-HANDLE RETURNING RETRYABLE
      *>   Of the four bytes that COBOL reads, one is the C bool.
           IF FUNCTION MOD(RETRYABLE, 256) = 0
               MOVE 1 TO PROGRAM-STATUS
               DISPLAY "try again        no" UPON SYSERR
           ELSE
               MOVE 75 TO PROGRAM-STATUS
               DISPLAY "try again        yes" UPON SYSERR
           END-IF.
