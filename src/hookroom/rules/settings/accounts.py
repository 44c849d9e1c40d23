"""Settings of accounts: what may be changed, passwords, second factors."""

from __future__ import annotations

from typing import Final

from hookroom.rules.settings.making import group, select
from hookroom.rules.settings.setting import Setting

ACCOUNTS: Final = (
    *group(
        "Accounts",
        True,
        {
            "Accounts_AllowAnonymousRead": False,
            "Accounts_CustomFields": "",
            "Accounts_AllowUserProfileChange": True,
            "Accounts_AllowRealNameChange": True,
            "Accounts_AllowUsernameChange": True,
            "Accounts_AllowEmailChange": True,
            "Accounts_AllowPasswordChange": True,
            "Accounts_AllowUserAvatarChange": True,
            "Accounts_AllowUserStatusMessageChange": True,
            "Accounts_AllowDeleteOwnAccount": False,
            "Accounts_LoginExpiration": 90,
            "Accounts_ManuallyApproveNewUsers": False,
            "Accounts_RequireNameForSignUp": True,
            "Accounts_Registration_Users_Default_Roles": "user",
            "Accounts_AllowedDomainsList": "",
            "Accounts_EmailVerification": False,
            "Accounts_PasswordReset": True,
            "Accounts_TwoFactorAuthentication_Enabled": True,
            "Accounts_TwoFactorAuthentication_By_TOTP_Enabled": True,
            "Accounts_TwoFactorAuthentication_By_Email_Enabled": True,
            "Accounts_TwoFactorAuthentication_Enforce_Password_Fallback": True,
            "Accounts_Password_Policy_Enabled": True,
            "Accounts_Password_Policy_MinLength": 14,
            "Accounts_Password_Policy_MaxLength": -1,
            "Accounts_Password_Policy_ForbidRepeatingCharacters": True,
            "Accounts_Password_Policy_ForbidRepeatingCharactersCount": 3,
            "Accounts_Password_Policy_AtLeastOneLowercase": True,
            "Accounts_Password_Policy_AtLeastOneUppercase": True,
            "Accounts_Password_Policy_AtLeastOneNumber": True,
            "Accounts_Password_Policy_AtLeastOneSpecialCharacter": True,
        },
    ),
    select("Accounts", "Accounts_RegistrationForm", "Public", "Public|Disabled|Secret URL"),
    *group(
        "Accounts",
        False,
        {
            "Accounts_RegistrationForm_SecretURL": "",
            "Accounts_DefaultUsernamePrefixSuggestion": "user",
            "Accounts_TwoFactorAuthentication_MaxDelta": 1,
            "Accounts_TwoFactorAuthentication_By_Email_Code_Expiration": 3600,
            "Accounts_TwoFactorAuthentication_Max_Invalid_Email_Code_Attempts": 5,
            "Accounts_TwoFactorAuthentication_RememberFor": 1800,
            "Accounts_BlockedDomainsList": "",
            "Accounts_BlockedUsernameList": "",
            "Accounts_AvatarBlockUnauthenticatedAccess": False,
            "Accounts_AvatarResize": True,
            "Accounts_AvatarSize": 200,
        },
    ),
    Setting(
        id="Accounts_SystemBlockedUsernameList",
        type="string",
        default="admin,administrator,system,user",
        public=False,
        group="Accounts",
        hidden=True,
    ),
)
