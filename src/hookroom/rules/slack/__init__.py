"""Reading what is made for Slack's incoming webhooks into messages of our own model.

Formats are those of Slack's reference: "Formatting message text" (``mrkdwn``), "Block Kit", "Legacy attachments".
``payload`` is the way in; nothing here raises for anything that JSON can hold.
"""
