/*
 * Turns a Stytch impersonation token, one line on standard input, into a session. C# with its own P/Invoke:
 *
 *     mcs Authenticate.cs && mono Authenticate.exe < token
 *
 * The loader finds the library; where it is elsewhere, set LD_LIBRARY_PATH to its folder. The environment gives
 * STYTCH_PROJECT_ID, STYTCH_SECRET and, for a sandbox, STYTCH_BASE_URL. Exit status: 0 a session; 75 none, but the
 * same token may be sent again; 1 none.
 */
using System;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

static class Stytch
{
    const string Library = "libstytch.so.0";

    [DllImport(Library)] public static extern uint stytch_abi_version();
    [DllImport(Library)] public static extern IntPtr stytch_options_new();
    [DllImport(Library)] [return: MarshalAs(UnmanagedType.I1)] // a C bool is one byte; without this, four are read
    public static extern bool stytch_options_set_base_url(IntPtr options, byte[] url, out IntPtr error);
    [DllImport(Library)] public static extern void stytch_options_free(IntPtr options);
    [DllImport(Library)]
    public static extern IntPtr stytch_client_new(byte[] projectId, byte[] secret, IntPtr options, out IntPtr error);
    [DllImport(Library)] public static extern void stytch_client_free(IntPtr client);
    [DllImport(Library)]
    public static extern IntPtr stytch_impersonation_authenticate(IntPtr client, byte[] token, out IntPtr error);
    [DllImport(Library)] public static extern IntPtr stytch_response_get_string(IntPtr response, byte[] pointer);
    [DllImport(Library)] public static extern void stytch_response_free(IntPtr response);
    [DllImport(Library)] [return: MarshalAs(UnmanagedType.I1)]
    public static extern bool stytch_error_is_retryable(IntPtr error);
    [DllImport(Library)] public static extern IntPtr stytch_error_message(IntPtr error);
    [DllImport(Library)] public static extern IntPtr stytch_error_type(IntPtr error);
    [DllImport(Library)] public static extern void stytch_error_free(IntPtr error);

    /// C takes UTF-8 that ends with a NUL. A null stays NULL.
    public static byte[] Utf8(string text) => text == null ? null : Encoding.UTF8.GetBytes(text + "\0");

    /// Copies a borrowed C string. A marshaller that returned `string` would free it, and must not.
    public static string Text(IntPtr borrowed)
    {
        if (borrowed == IntPtr.Zero) return null;
        int length = 0;
        while (Marshal.ReadByte(borrowed, length) != 0) length++;
        var bytes = new byte[length];
        Marshal.Copy(borrowed, bytes, 0, length);
        return Encoding.UTF8.GetString(bytes);
    }
}

static class Authenticate
{
    static string Env(string name)
    {
        string value = Environment.GetEnvironmentVariable(name);
        return string.IsNullOrEmpty(value) ? null : value;
    }

    // Text from elsewhere may contain escape sequences that a terminal would obey.
    static string Field(string label, string text) =>
        $"{label,-16} {Regex.Replace(text ?? "(none)", "[\\x00-\\x1f\\x7f]", "?")}\n";

    static int Fail(IntPtr error)
    {
        bool retryable = Stytch.stytch_error_is_retryable(error);
        Console.Error.Write(Field("No session:", Stytch.Text(Stytch.stytch_error_message(error)))
            + Field("type", Stytch.Text(Stytch.stytch_error_type(error))) + Field("try again", retryable ? "yes" : "no"));
        Stytch.stytch_error_free(error);
        return retryable ? 75 : 1;
    }

    static int Run(string token)
    {
        IntPtr error, client = IntPtr.Zero, session = IntPtr.Zero, options = Stytch.stytch_options_new();
        try
        {
            string url = Env("STYTCH_BASE_URL");
            if (url != null && !Stytch.stytch_options_set_base_url(options, Stytch.Utf8(url), out error))
                return Fail(error);
            client = Stytch.stytch_client_new(
                Stytch.Utf8(Env("STYTCH_PROJECT_ID")), Stytch.Utf8(Env("STYTCH_SECRET")), options, out error);
            if (client == IntPtr.Zero) return Fail(error);
            session = Stytch.stytch_impersonation_authenticate(client, Stytch.Utf8(token), out error);
            if (session == IntPtr.Zero) return Fail(error);

            Func<string, string> get = pointer =>
                Stytch.Text(Stytch.stytch_response_get_string(session, Stytch.Utf8(pointer)));
            const string factor = "/member_session/authentication_factors/0/impersonated_factor";
            Console.Write(Field("member", get("/member/name"))
                + Field("organization", get("/organization/organization_name"))
                + Field("impersonated by", get(factor + "/impersonator_email_address"))
                + Field("ends", get("/member_session/expires_at")));
            return 0;
        }
        finally
        {
            Stytch.stytch_response_free(session);
            Stytch.stytch_client_free(client);
            Stytch.stytch_options_free(options);
        }
    }

    static int Main()
    {
        if (Stytch.stytch_abi_version() == 1) return Run(Console.ReadLine() ?? "");
        Console.Error.WriteLine("This program is written for libstytch's ABI 1.");
        return 1;
    }
}
