//! How a member proved who it is, in every way that Stytch knows.

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

/// What kind of proof it was.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationFactorType {
    MagicLink,
    Otp,
    Oauth,
    Webauthn,
    Totp,
    Crypto,
    Password,
    SignatureChallenge,
    Sso,
    Imported,
    RecoveryCodes,
    EmailOtp,
    /// The only one that the sandbox makes.
    #[default]
    Impersonated,
    TrustedAuthToken,
}

/// How the proof was delivered.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthenticationFactorDeliveryMethod {
    Email,
    Sms,
    Whatsapp,
    Embedded,
    OauthGoogle,
    OauthMicrosoft,
    OauthApple,
    WebauthnRegistration,
    AuthenticatorApp,
    OauthGithub,
    RecoveryCode,
    OauthFacebook,
    CryptoWallet,
    OauthAmazon,
    OauthBitbucket,
    OauthCoinbase,
    OauthDiscord,
    OauthFigma,
    OauthGitlab,
    OauthInstagram,
    OauthLinkedin,
    OauthShopify,
    OauthSlack,
    OauthSnapchat,
    OauthSpotify,
    OauthSteam,
    OauthTiktok,
    OauthTwitch,
    OauthTwitter,
    Knowledge,
    Biometric,
    SsoSaml,
    SsoOidc,
    OauthSalesforce,
    OauthYahoo,
    OauthHubspot,
    ImportedAuth0,
    OauthExchangeSlack,
    OauthExchangeHubspot,
    OauthExchangeGithub,
    OauthExchangeGoogle,
    /// The only one that the sandbox makes.
    #[default]
    Impersonation,
    OauthAccessTokenExchange,
    TrustedTokenExchange,
}

/// One proof. The field that fits `type` and `delivery_method` is set, the others are absent.
#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthenticationFactor {
    pub r#type: AuthenticationFactorType,
    pub delivery_method: AuthenticationFactorDeliveryMethod,
    pub last_authenticated_at: Option<String>,
    pub created_at: Option<String>,
    pub updated_at: Option<String>,
    pub email_factor: Option<EmailFactor>,
    pub phone_number_factor: Option<PhoneNumberFactor>,
    pub google_oauth_factor: Option<OAuthFactor>,
    pub microsoft_oauth_factor: Option<OAuthFactor>,
    pub apple_oauth_factor: Option<OAuthFactor>,
    pub webauthn_factor: Option<WebAuthnFactor>,
    pub authenticator_app_factor: Option<AuthenticatorAppFactor>,
    pub github_oauth_factor: Option<OAuthFactor>,
    pub recovery_code_factor: Option<RecoveryCodeFactor>,
    pub facebook_oauth_factor: Option<OAuthFactor>,
    pub crypto_wallet_factor: Option<CryptoWalletFactor>,
    pub amazon_oauth_factor: Option<OAuthFactor>,
    pub bitbucket_oauth_factor: Option<OAuthFactor>,
    pub coinbase_oauth_factor: Option<OAuthFactor>,
    pub discord_oauth_factor: Option<OAuthFactor>,
    pub figma_oauth_factor: Option<OAuthFactor>,
    pub git_lab_oauth_factor: Option<OAuthFactor>,
    pub instagram_oauth_factor: Option<OAuthFactor>,
    pub linked_in_oauth_factor: Option<OAuthFactor>,
    pub shopify_oauth_factor: Option<OAuthFactor>,
    pub slack_oauth_factor: Option<OAuthFactor>,
    pub snapchat_oauth_factor: Option<OAuthFactor>,
    pub spotify_oauth_factor: Option<OAuthFactor>,
    pub steam_oauth_factor: Option<OAuthFactor>,
    pub tik_tok_oauth_factor: Option<OAuthFactor>,
    pub twitch_oauth_factor: Option<OAuthFactor>,
    pub twitter_oauth_factor: Option<OAuthFactor>,
    pub embeddable_magic_link_factor: Option<EmbeddableMagicLinkFactor>,
    pub biometric_factor: Option<BiometricFactor>,
    pub saml_sso_factor: Option<SSOFactor>,
    pub oidc_sso_factor: Option<SSOFactor>,
    pub salesforce_oauth_factor: Option<OAuthFactor>,
    pub yahoo_oauth_factor: Option<OAuthFactor>,
    pub hubspot_oauth_factor: Option<OAuthFactor>,
    pub slack_oauth_exchange_factor: Option<OAuthExchangeFactor>,
    pub hubspot_oauth_exchange_factor: Option<OAuthExchangeFactor>,
    pub github_oauth_exchange_factor: Option<OAuthExchangeFactor>,
    pub google_oauth_exchange_factor: Option<OAuthExchangeFactor>,
    pub impersonated_factor: Option<ImpersonatedFactor>,
    pub oauth_access_token_exchange_factor: Option<OAuthAccessTokenExchangeFactor>,
    pub trusted_auth_token_factor: Option<TrustedAuthTokenFactor>,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailFactor {
    pub email_id: String,
    pub email_address: String,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneNumberFactor {
    pub phone_id: String,
    pub phone_number: String,
}

/// A login at an OAuth provider: the shape of every `…OAuthFactor`.
#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthFactor {
    pub id: String,
    pub provider_subject: String,
    pub email_id: Option<String>,
}

#[skip_serializing_none]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebAuthnFactor {
    pub webauthn_registration_id: String,
    pub domain: String,
    pub user_agent: Option<String>,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthenticatorAppFactor {
    pub totp_id: String,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryCodeFactor {
    pub totp_recovery_code_id: String,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CryptoWalletFactor {
    pub crypto_wallet_id: String,
    pub crypto_wallet_address: String,
    pub crypto_wallet_type: String,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddableMagicLinkFactor {
    pub embedded_id: String,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BiometricFactor {
    pub biometric_registration_id: String,
}

/// The shape of `SAMLSSOFactor` and `OIDCSSOFactor`.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SSOFactor {
    pub id: String,
    pub provider_id: String,
    pub external_id: String,
}

/// An OAuth login brought over from another organization: the shape of every `…OAuthExchangeFactor`.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthExchangeFactor {
    pub email_id: String,
}

/// Who acts in the member's name.
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImpersonatedFactor {
    pub impersonator_id: String,
    pub impersonator_email_address: String,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthAccessTokenExchangeFactor {
    pub client_id: String,
}

#[cfg_attr(test, derive(schemars::JsonSchema))]
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedAuthTokenFactor {
    pub token_id: String,
}
