"""What challenge and log-in pages are known by: fields, markers in their machinery, titles, words."""

from __future__ import annotations

# Header fields with which a protection says that the body is its own (value, lower-case).
CHALLENGE_FIELDS = {
    "cf-mitigated": frozenset({"challenge"}),
    "x-amzn-waf-action": frozenset({"challenge", "captcha"}),
    "x-vercel-mitigated": frozenset({"challenge"}),
    "sg-captcha": frozenset({"challenge"}),
}

# In a script, a frame, a form or an id of a page with few words.  What protections also put into ordinary pages
# (Cloudflare's /cdn-cgi/challenge-platform/scripts/, a DDoS-Guard cookie script) is none of these.
CHALLENGE_MARKERS = (
    b"_cf_chl_opt",
    b"cf-browser-verification",
    b"/cdn-cgi/l/chk_",
    b"captcha-delivery.com",
    b"px-captcha",
    b"awsWafCookieDomainList",
    b"AwsWafIntegration",
    b"_Incapsula_Resource",
    b"/_sec/cp_challenge/",
    b"sgcaptcha",
    b"anubis_challenge",
    b"sucuri_cloudproxy_js",
    b"/.within.website/x/cmd/anubis",
    b"/_vercel/security/",
    b"/__ddg_challenge",
)

# A general CAPTCHA widget: contact forms and sign-ups have it, too.
WIDGETS = (b"g-recaptcha", b"h-captcha", b"cf-turnstile", b"frc-captcha")

CHALLENGE_TITLES = (
    "just a moment",
    "attention required!",
    "please wait... | cloudflare",
    "ddos-guard",
    "pardon our interruption",
    "are you a robot",
    "are you human",
    "robot check",
    "bot verification",
    "human verification",
    "client challenge",
    "security check",
    "vercel security checkpoint",
    "making sure you're not a bot",
    "verifying you are human",
    "verify you are human",
    "checking your browser",
    "one moment, please",
    "access to this page has been denied",
    "you are being redirected",
)

CHALLENGE_PHRASES = (
    "verify you are human",
    "verify you are a human",
    "verify that you are human",
    "verify that you are not a",
    "verify you're human",
    "verifying you are human",
    "not a robot",
    "not a bot",
    "checking your browser",
    "enable javascript and cookies to continue",
    "enable cookies and javascript",
    "javascript is required",
    "javascript is disabled",
    "please enable js and disable any ad blocker",
    "unusual traffic",
    "automated access",
    "made us think that you are a bot",
    "made us think you were a bot",
    "security check",
    "review the security of your connection",
    "complete the captcha",
    "solve the captcha",
    "solve this captcha",
    "before accessing",
    "ddos protection",
    "your request is being verified",
    "while we are checking",
    "press & hold",
)

LOGIN_WORDS = frozenset(
    [
        "login",
        "log-in",
        "log_in",
        "login.php",
        "login.html",
        "login.aspx",
        "logon",
        "signin",
        "sign-in",
        "sign_in",
        "wp-login.php",
        "sso",
        "authenticate",
        "authorize",
    ]
)
LOGIN_HOSTS = frozenset(["login", "signin", "sso", "auth", "accounts", "account", "idp", "id"])
LOGIN_TITLES = (
    "log in",
    "login",
    "log on",
    "sign in",
    "signin",
    "anmelden",
    "connexion",
    "iniciar ses",
    "вход",
    "登录",
    "登錄",
    "ログイン",
)
