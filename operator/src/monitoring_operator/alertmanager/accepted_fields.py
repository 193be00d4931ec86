"""Which fields of an Alertmanager configuration prometheus-operator and Alertmanager know, and since which version.

Generated from their sources by `python -m harness.accepted_fields`. Do not edit. A struct's fields are listed as
`field`, `field:struct` where its value (or each element of it) is one, with `@0.88` where prometheus-operator has it since 0.88 and
`!0.28` where Alertmanager has it since 0.28; without a mark the oldest supported versions know it.
"""

STRUCTS = {
    "alertmanagerConfig": """
        global:globalConfig inhibit_rules:inhibitRule mute_time_intervals:timeInterval receivers:receiver route:route templates
        time_intervals:timeInterval
    """,
    "authorization": """
        credentials credentials_file type
    """,
    "basicAuth": """
        password password_file username
    """,
    "discordConfig": """
        avatar_url!0.28 content!0.28 http_config:httpClientConfig message send_resolved title username!0.28 webhook_url
    """,
    "emailConfig": """
        auth_identity auth_password auth_password_file auth_secret auth_secret_file@0.90!0.31 auth_username
        force_implicit_tls@0.90!0.31 from headers hello html require_tls send_resolved smarthost text
        threading:emailThreadingConfig@0.90!0.30 tls_config:tlsConfig to
    """,
    "emailThreadingConfig": """
        enabled@0.90!0.30 thread_by_date@0.90!0.30
    """,
    "globalConfig": """
        hipchat_api_url hipchat_auth_token http_config:httpClientConfig jira_api_url!0.28 mattermost_webhook_url@0.91!0.32
        mattermost_webhook_url_file@0.91!0.32 opsgenie_api_key opsgenie_api_key_file opsgenie_api_url pagerduty_url
        resolve_timeout rocketchat_api_url!0.28 rocketchat_token!0.28 rocketchat_token_file!0.28 rocketchat_token_id!0.28
        rocketchat_token_id_file!0.28 slack_api_url slack_api_url_file slack_app_token@0.88!0.30 slack_app_token_file@0.88!0.30
        slack_app_url@0.88!0.30 smtp_auth_identity smtp_auth_password smtp_auth_password_file smtp_auth_secret
        smtp_auth_secret_file@0.90!0.31 smtp_auth_username smtp_force_implicit_tls@0.90!0.31 smtp_from smtp_hello
        smtp_require_tls smtp_smarthost smtp_tls_config:tlsConfig!0.28 telegram_api_url telegram_bot_token@0.90!0.31
        telegram_bot_token_file@0.90!0.31 victorops_api_key victorops_api_key_file victorops_api_url webex_api_url
        wechat_api_corp_id wechat_api_secret wechat_api_secret_file@0.90!0.31 wechat_api_url
    """,
    "httpClientConfig": """
        authorization:authorization basic_auth:basicAuth bearer_token bearer_token_file enable_http2 follow_redirects
        http_headers@0.89 no_proxy oauth2:oauth2 proxy_connect_header proxy_from_environment proxy_url tls_config:tlsConfig
    """,
    "incidentioConfig": """
        alert_source_token@0.88!0.29 alert_source_token_file@0.88!0.29 http_config:httpClientConfig@0.88!0.29
        max_alerts@0.88!0.29 send_resolved@0.88!0.29 timeout@0.88!0.29 url@0.88!0.29 url_file@0.88!0.29
    """,
    "inhibitRule": """
        equal source_match source_match_re source_matchers target_match target_match_re target_matchers
    """,
    "interval": """
        days_of_month location months times:timeRange weekdays years
    """,
    "jiraConfig": """
        api_type@0.88!0.29 api_url!0.28 description!0.28 fields!0.28 http_config:httpClientConfig!0.28 issue_type!0.28
        labels!0.28 priority!0.28 project!0.28 reopen_duration!0.28 reopen_transition!0.28 resolve_transition!0.28
        send_resolved!0.28 summary!0.28 wont_fix_resolution!0.28
    """,
    "mattermostAttachmentConfig": """
        author_icon@0.88!0.30 author_link@0.88!0.30 author_name@0.88!0.30 color@0.88!0.30 fallback@0.88!0.30
        fields:mattermostField@0.88!0.30 footer@0.88!0.30 footer_icon@0.88!0.30 image_url@0.88!0.30 pretext@0.88!0.30
        text@0.88!0.30 thumb_url@0.88!0.30 title@0.88!0.30 title_link@0.88!0.30
    """,
    "mattermostConfig": """
        attachments:mattermostAttachmentConfig@0.88!0.30 author_icon@0.91!0.32 author_link@0.91!0.32 author_name@0.91!0.32
        channel@0.88!0.30 color@0.91!0.32 fallback@0.91!0.32 fields:mattermostField@0.91!0.32 footer@0.91!0.32
        footer_icon@0.91!0.32 http_config:httpClientConfig@0.88!0.30 icon_emoji@0.88!0.30 icon_url@0.88!0.30 image_url@0.91!0.32
        pretext@0.91!0.32 priority:mattermostPriorityConfig@0.88!0.30 props:mattermostPropsConfig@0.88!0.30
        send_resolved@0.88!0.30 text@0.88!0.30 thumb_url@0.91!0.32 title@0.91!0.32 title_link@0.91!0.32 username@0.88!0.30
        webhook_url@0.88!0.30 webhook_url_file@0.88!0.30
    """,
    "mattermostField": """
        short@0.88!0.30 title@0.88!0.30 value@0.88!0.30
    """,
    "mattermostPriorityConfig": """
        persistent_notifications@0.88!0.30 priority@0.88!0.30 requested_ack@0.88!0.30
    """,
    "mattermostPropsConfig": """
        card@0.88!0.30
    """,
    "msTeamsConfig": """
        http_config:httpClientConfig send_resolved summary text title webhook_url
    """,
    "msTeamsV2Config": """
        http_config:httpClientConfig!0.28 send_resolved!0.28 text!0.28 title!0.28 webhook_url!0.28 webhook_url_file!0.28
    """,
    "oauth2": """
        client_id client_secret client_secret_file endpoint_params no_proxy proxy_connect_header proxy_from_environment
        proxy_url scopes tls_config:tlsConfig token_url
    """,
    "opsgenieConfig": """
        actions api_key api_key_file api_url description details entity http_config:httpClientConfig message note priority
        responders:opsgenieResponder send_resolved source tags update_alerts
    """,
    "opsgenieResponder": """
        id name type username
    """,
    "pagerdutyConfig": """
        class client client_url component description details group http_config:httpClientConfig images:pagerdutyImage
        links:pagerdutyLink routing_key routing_key_file send_resolved service_key service_key_file severity source
        timeout@0.88!0.30 url
    """,
    "pagerdutyImage": """
        alt href src
    """,
    "pagerdutyLink": """
        href text
    """,
    "proxyConfig": """
        no_proxy proxy_connect_header proxy_from_environment proxy_url
    """,
    "pushoverConfig": """
        device expire html http_config:httpClientConfig message monospace@0.87!0.29 priority retry send_resolved sound title
        token token_file ttl url url_title user_key user_key_file
    """,
    "receiver": """
        discord_configs:discordConfig email_configs:emailConfig incidentio_configs:incidentioConfig@0.88!0.29
        jira_configs:jiraConfig!0.28 mattermost_configs:mattermostConfig@0.88!0.30 msteams_configs:msTeamsConfig
        msteamsv2_configs:msTeamsV2Config!0.28 name opsgenie_configs:opsgenieConfig pagerduty_configs:pagerdutyConfig
        pushover_configs:pushoverConfig rocketchat_configs:rocketChatConfig!0.28 slack_configs:slackConfig sns_configs:snsConfig
        telegram_configs:telegramConfig victorops_configs:victorOpsConfig webex_configs:webexConfig
        webhook_configs:webhookConfig wechat_configs:weChatConfig
    """,
    "rocketChatConfig": """
        actions:rocketchatAttachmentAction!0.28 api_url!0.28 channel!0.28 color!0.28 emoji!0.28
        fields:rocketchatAttachmentField!0.28 http_config:httpClientConfig!0.28 icon_url!0.28 image_url!0.28 link_names!0.28
        send_resolved!0.28 short_fields!0.28 text!0.28 thumb_url!0.28 title!0.28 title_link!0.28 token!0.28 token_file!0.28
        token_id!0.28 token_id_file!0.28
    """,
    "rocketchatAttachmentAction": """
        image_url is_webview msg msg_in_chat_window msg_processing_type text type url webview_height_ratio
    """,
    "rocketchatAttachmentField": """
        short title value
    """,
    "route": """
        active_time_intervals continue group_by group_interval group_wait match match_re matchers mute_time_intervals receiver
        repeat_interval routes:route
    """,
    "sigV4Config": """
        access_key external_id@0.91 profile region role_arn secret_key
    """,
    "slackAction": """
        confirm:slackConfirmationField name style text type url value
    """,
    "slackConfig": """
        actions:slackAction api_url api_url_file app_token@0.88!0.30 app_token_file@0.88!0.30 app_url@0.88!0.30 callback_id
        channel color fallback fields:slackField footer http_config:httpClientConfig icon_emoji icon_url image_url link_names
        message_text@0.90!0.31 mrkdwn_in pretext send_resolved short_fields text thumb_url timeout@0.88!0.30 title title_link
        update_message@0.91!0.32 username
    """,
    "slackConfirmationField": """
        dismiss_text ok_text text title
    """,
    "slackField": """
        short title value
    """,
    "snsConfig": """
        api_url attributes http_config:httpClientConfig message phone_number send_resolved sigv4:sigV4Config subject target_arn
        topic_arn use_aws_http_client@0.93!0.33
    """,
    "telegramConfig": """
        api_url bot_token bot_token_file chat_id chat_id_file@0.90!0.31 disable_notifications http_config:httpClientConfig
        message message_thread_id!0.28 parse_mode send_resolved
    """,
    "timeInterval": """
        name time_intervals:interval
    """,
    "timeRange": """
        end_time start_time
    """,
    "tlsConfig": """
        ca_file cert_file insecure_skip_verify key_file max_version min_version server_name
    """,
    "victorOpsConfig": """
        api_key api_key_file api_url custom_fields entity_display_name http_config:httpClientConfig message_type monitoring_tool
        routing_key send_resolved state_message
    """,
    "weChatConfig": """
        agent_id api_secret api_secret_file@0.90!0.31 api_url corp_id http_config:httpClientConfig message message_type
        send_resolved to_party to_tag to_user
    """,
    "webexConfig": """
        api_url http_config:httpClientConfig message room_id send_resolved
    """,
    "webhookConfig": """
        http_config:httpClientConfig max_alerts payload@0.91!0.32 send_resolved timeout!0.28 url url_file
    """,
}
