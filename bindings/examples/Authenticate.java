/*
 * Turns a Stytch impersonation token, one line on standard input, into a session. Java 11 or later with JNA:
 *
 *     java -cp /usr/share/java/jna.jar Authenticate.java < token
 *
 * The loader finds the library; where it is elsewhere, STYTCH_LIBRARY is its path. The environment gives
 * STYTCH_PROJECT_ID, STYTCH_SECRET and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session; 75 none, but the
 * same token may be sent again; 1 none.
 */
import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;

public class Authenticate {
    public interface Stytch extends Library {
        int stytch_abi_version();
        Pointer stytch_options_new();
        // A C bool is one byte, and JNA's boolean is an int: a byte is right everywhere. 0 is false.
        byte stytch_options_set_base_url(Pointer options, String url, PointerByReference error);
        void stytch_options_free(Pointer options);
        Pointer stytch_client_new(String projectId, String secret, Pointer options, PointerByReference error);
        void stytch_client_free(Pointer client);
        Pointer stytch_impersonation_authenticate(Pointer client, String token, PointerByReference error);
        String stytch_response_get_string(Pointer response, String pointer);
        void stytch_response_free(Pointer response);
        byte stytch_error_is_retryable(Pointer error);
        String stytch_error_message(Pointer error);
        String stytch_error_type(Pointer error);
        void stytch_error_free(Pointer error);
    }

    static final Stytch STYTCH = Native.load(
        env("STYTCH_LIBRARY") != null ? env("STYTCH_LIBRARY") : "stytch", Stytch.class,
        Map.of(Library.OPTION_STRING_ENCODING, "UTF-8"));

    static String env(String name) {
        String value = System.getenv(name);
        return value == null || value.isEmpty() ? null : value;
    }

    /** Text from elsewhere may contain escape sequences that a terminal would obey. A NULL from C is null here. */
    static String field(String label, String text) {
        return String.format("%-16s %s%n", label, text == null ? "(none)" : text.replaceAll("[\\x00-\\x1f\\x7f]", "?"));
    }

    static int fail(Pointer error) {
        boolean retryable = STYTCH.stytch_error_is_retryable(error) != 0;
        System.err.print(field("No session:", STYTCH.stytch_error_message(error))
            + field("type", STYTCH.stytch_error_type(error)) + field("try again", retryable ? "yes" : "no"));
        STYTCH.stytch_error_free(error);
        return retryable ? 75 : 1;
    }

    static int authenticate(String token) {
        PointerByReference error = new PointerByReference();
        Pointer options = STYTCH.stytch_options_new();
        Pointer client = null;
        Pointer session = null;
        try {
            String url = env("STYTCH_BASE_URL");
            if (url != null && STYTCH.stytch_options_set_base_url(options, url, error) == 0) {
                return fail(error.getValue());
            }
            client = STYTCH.stytch_client_new(env("STYTCH_PROJECT_ID"), env("STYTCH_SECRET"), options, error);
            if (client == null) {
                return fail(error.getValue());
            }
            session = STYTCH.stytch_impersonation_authenticate(client, token, error);
            if (session == null) {
                return fail(error.getValue());
            }
            String factor = "/member_session/authentication_factors/0/impersonated_factor";
            System.out.print(field("member", STYTCH.stytch_response_get_string(session, "/member/name"))
                + field("organization", STYTCH.stytch_response_get_string(session, "/organization/organization_name"))
                + field("impersonated by",
                    STYTCH.stytch_response_get_string(session, factor + "/impersonator_email_address"))
                + field("ends", STYTCH.stytch_response_get_string(session, "/member_session/expires_at")));
            return 0;
        } finally {
            STYTCH.stytch_response_free(session);
            STYTCH.stytch_client_free(client);
            STYTCH.stytch_options_free(options);
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (STYTCH.stytch_abi_version() != 1) {
            System.err.println("This program is written for libstytch's ABI 1.");
            System.exit(1);
        }
        String token = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        System.exit(authenticate(token == null ? "" : token));
    }
}
