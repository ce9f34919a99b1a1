"""What a client can do, as names: one line per call, one group per chapter of the catalogue.

`Groups` gives a client all of them. Signature, documentation and result of a method are those of the call (or
of the small function that builds it), for the blocking and for the awaiting client alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from .method import Chapter, Group, Method, Mode, Performs, Walk

if TYPE_CHECKING:
    from ..catalogue import (
        ai,
        article_statistics,
        base,
        card_statistics,
        comments,
        customer_messages,
        customer_service,
        drafts,
        listed,
        mass,
        material,
        media,
        menus,
        oauth,
        old_article_statistics,
        publisher,
        publishing,
        qrcodes,
        statistics,
        subscriptions,
        tags,
        templates,
        tickets,
        users,
    )
else:  # imported when one of their calls is first used
    ai = Chapter("ai")
    article_statistics = Chapter("article_statistics")
    base = Chapter("base")
    card_statistics = Chapter("card_statistics")
    comments = Chapter("comments")
    customer_messages = Chapter("customer_messages")
    customer_service = Chapter("customer_service")
    drafts = Chapter("drafts")
    listed = Chapter("listed")
    mass = Chapter("mass")
    material = Chapter("material")
    media = Chapter("media")
    menus = Chapter("menus")
    oauth = Chapter("oauth")
    old_article_statistics = Chapter("old_article_statistics")
    publisher = Chapter("publisher")
    publishing = Chapter("publishing")
    qrcodes = Chapter("qrcodes")
    statistics = Chapter("statistics")
    subscriptions = Chapter("subscriptions")
    tags = Chapter("tags")
    templates = Chapter("templates")
    tickets = Chapter("tickets")
    users = Chapter("users")


class Base(Group[Mode]):
    """基础接口: credentials, addresses, the network check, quotas."""

    get_token = Method(base.GetToken)
    get_stable_token = Method(base.GetStableToken)
    api_addresses = Method(base.GetApiAddresses)
    callback_addresses = Method(base.GetCallbackAddresses)
    check_callback = Method(base.CheckCallback)
    clear_quota = Method(base.ClearQuota)
    clear_quota_by_secret = Method(base.ClearQuotaBySecret)
    get_quota = Method(base.GetQuota)
    clear_api_quota = Method(base.ClearApiQuota)
    get_rid = Method(base.GetRid)
    open_account = Method(base.GetOpenAccount)


class Menus(Group[Mode]):
    """自定义菜单: the default menu, conditional ones, what a person sees."""

    create = Method(menus.CreateMenu)
    get = Method(menus.GetMenu)
    delete = Method(menus.DeleteMenu)
    current = Method(menus.GetCurrentMenu)
    add_conditional = Method(menus.AddConditionalMenu)
    delete_conditional = Method(menus.DeleteConditionalMenu)
    try_match = Method(menus.TryMenu)


class TemplateMessages(Group[Mode]):
    """模板消息: industry, templates, sending."""

    set_industry = Method(templates.SetIndustry)
    get_industry = Method(templates.GetIndustry)
    add = Method(templates.AddTemplate)
    list = Method(templates.GetTemplates)
    delete = Method(templates.DeleteTemplate)
    send = Method(templates.SendTemplate)
    query_blocked = Method(templates.QueryBlockedTemplates)
    walk_blocked = Walk(templates.QueryBlockedTemplates)


class CustomerMessages(Group[Mode]):
    """客服消息: free messages to somebody who has just done something."""

    send = Method(customer_messages.SendCustomerMessage)
    send_text = Method(customer_messages.text_message)
    send_image = Method(customer_messages.image_message)
    send_voice = Method(customer_messages.voice_message)
    send_video = Method(customer_messages.video_message)
    send_music = Method(customer_messages.music_message)
    send_news = Method(customer_messages.news_message)
    send_material_news = Method(customer_messages.material_news_message)
    send_article = Method(customer_messages.article_message)
    send_menu = Method(customer_messages.menu_message)
    send_card = Method(customer_messages.card_message)
    send_miniprogram = Method(customer_messages.miniprogram_message)
    set_typing = Method(customer_messages.SetTyping)


class Users(Group[Mode]):
    """用户管理: followers, remarks, the black list, OpenIDs after a migration."""

    list = Method(users.ListFollowers)
    walk = Walk(users.ListFollowers)
    get = Method(users.GetUser)
    get_many = Method(users.get_users)
    set_remark = Method(users.SetRemark)
    list_blocked = Method(users.ListBlocked)
    walk_blocked = Walk(users.ListBlocked)
    block = Method(users.BlockUsers)
    unblock = Method(users.UnblockUsers)
    convert_openids = Method(users.ConvertOpenIDs)


class Tags(Group[Mode]):
    """用户标签管理: making tags, putting them on followers, finding who carries them."""

    create = Method(tags.create_tag)
    list = Method(tags.GetTags)
    rename = Method(tags.rename_tag)
    delete = Method(tags.delete_tag)
    list_users = Method(tags.ListTagged)
    walk_users = Walk(tags.ListTagged)
    tag_users = Method(tags.TagUsers)
    untag_users = Method(tags.UntagUsers)
    of_user = Method(tags.GetTagsOfUser)


class QRCodes(Group[Mode]):
    """账号管理: QR codes that carry a parameter, and short keys."""

    create = Method(qrcodes.CreateQRCode)
    temporary = Method(qrcodes.temporary_qrcode)
    permanent = Method(qrcodes.permanent_qrcode)
    show = Method(qrcodes.ShowQRCode)
    create_short_key = Method(qrcodes.CreateShortKey)
    read_short_key = Method(qrcodes.ReadShortKey)
    shorten_url = Method(qrcodes.ShortenUrl)


class WebAuthorization(Group[Mode]):
    """网页授权: the calls behind the login of a web page."""

    exchange = Method(oauth.ExchangeCode)
    refresh = Method(oauth.RefreshWebToken)
    userinfo = Method(oauth.GetWebUser)
    check = Method(oauth.CheckWebToken)


class Tickets(Group[Mode]):
    """获取ticket: each call asks WeChat; `client.ticket(kind)` keeps one."""

    get = Method(tickets.GetTicket)


class Media(Group[Mode]):
    """临时素材: files for three days, and pictures for articles."""

    upload = Method(media.UploadMedia)
    get = Method(media.GetMedia)
    get_voice = Method(media.GetVoice)
    upload_image = Method(media.UploadImage)


class PermanentMaterial(Group[Mode]):
    """永久素材: files that stay until they are deleted."""

    add = Method(material.AddMaterial)
    add_image = Method(material.image_material)
    add_voice = Method(material.voice_material)
    add_video = Method(material.video_material)
    add_thumb = Method(material.thumb_material)
    get = Method(material.GetMaterial)
    delete = Method(material.DeleteMaterial)
    count = Method(material.CountMaterial)
    list = Method(material.ListMaterial)
    walk = Walk(material.ListMaterial)
    add_news = Method(material.AddNews)
    update_news = Method(material.UpdateNews)


class Drafts(Group[Mode]):
    """草稿箱: articles before they are published or mass-sent."""

    add = Method(drafts.AddDraft)
    add_article = Method(drafts.article_draft)
    add_pictures = Method(drafts.picture_draft)
    get = Method(drafts.GetDraft)
    delete = Method(drafts.DeleteDraft)
    update = Method(drafts.UpdateDraft)
    count = Method(drafts.CountDrafts)
    list = Method(drafts.ListDrafts)
    walk = Walk(drafts.ListDrafts)
    switch = Method(drafts.SwitchDrafts)
    product_card = Method(drafts.GetProductCard)


class Publishing(Group[Mode]):
    """发布能力: drafts made public without sending them to anybody."""

    submit = Method(publishing.SubmitDraft)
    status = Method(publishing.GetPublishStatus)
    delete = Method(publishing.DeletePublished)
    get = Method(publishing.GetPublished)
    list = Method(publishing.ListPublished)
    walk = Walk(publishing.ListPublished)


class Comments(Group[Mode]):
    """留言管理: what people write under articles."""

    open = Method(comments.OpenComments)
    close = Method(comments.CloseComments)
    list = Method(comments.ListComments)
    walk = Walk(comments.ListComments)
    select = Method(comments.SelectComment)
    unselect = Method(comments.UnselectComment)
    delete = Method(comments.DeleteComment)
    reply = Method(comments.ReplyToComment)
    delete_reply = Method(comments.DeleteCommentReply)


class MassSending(Group[Mode]):
    """群发: one message to everybody, to a tag or to a list; the result comes as an event."""

    send = Method(mass.SendMass)
    send_text = Method(mass.mass_text)
    send_article = Method(mass.mass_article)
    send_images = Method(mass.mass_images)
    send_voice = Method(mass.mass_voice)
    send_video = Method(mass.mass_video)
    send_to_users = Method(mass.SendMassToUsers)
    send_text_to_users = Method(mass.text_to_users)
    send_article_to_users = Method(mass.article_to_users)
    preview = Method(mass.PreviewMass)
    preview_text = Method(mass.preview_text)
    preview_article = Method(mass.preview_article)
    delete = Method(mass.DeleteMass)
    status = Method(mass.GetMassStatus)
    get_speed = Method(mass.GetMassSpeed)
    set_speed = Method(mass.SetMassSpeed)
    upload_news = Method(mass.UploadNews)
    upload_video = Method(mass.UploadMassVideo)


class Subscriptions(Group[Mode]):
    """一次性订阅消息与订阅通知: what a person agreed to be told."""

    send_one_time = Method(subscriptions.SendOneTime)
    send_one_time_text = Method(subscriptions.one_time_message)
    send = Method(subscriptions.SendNotice)
    categories = Method(subscriptions.GetNoticeCategories)
    titles = Method(subscriptions.ListNoticeTitles)
    walk_titles = Walk(subscriptions.notice_titles)
    keywords = Method(subscriptions.GetNoticeKeywords)
    add = Method(subscriptions.AddNoticeTemplate)
    list = Method(subscriptions.GetNoticeTemplates)
    delete = Method(subscriptions.DeleteNoticeTemplate)


class AutoReplies(Group[Mode]):
    """自动回复: the rules set in the console."""

    get = Method(menus.GetAutoReplyInfo)


class Intelligence(Group[Mode]):
    """智能接口: speech to text, translation, and what is in a picture."""

    submit_voice = Method(ai.SubmitVoice)
    query_voice = Method(ai.QueryVoice)
    translate = Method(ai.Translate)
    read_id_card = Method(ai.ReadIDCard)
    read_bank_card = Method(ai.ReadBankCard)
    read_vehicle_licence = Method(ai.ReadVehicleLicence)
    read_driver_licence = Method(ai.ReadDriverLicence)
    read_business_licence = Method(ai.ReadBusinessLicence)
    read_printed_text = Method(ai.ReadPrintedText)
    read_plate_number = Method(ai.ReadPlateNumber)
    read_menu = Method(ai.ReadMenu)
    read_codes = Method(ai.ReadCodes)
    crop_picture = Method(ai.CropPicture)
    enlarge_picture = Method(ai.EnlargePicture)


class Listed(Group[Mode]):
    """其他接口: cards, invoices, stores and all else that is known by path only."""

    call = Method(listed.listed)


class Agents(Group[Mode]):
    """客服账号管理: who answers in the account's name."""

    add = Method(customer_service.AddAgent)
    update = Method(customer_service.UpdateAgent)
    delete = Method(customer_service.DeleteAgent)
    invite = Method(customer_service.InviteAgent)
    upload_portrait = Method(customer_service.UploadAgentPortrait)
    list = Method(customer_service.GetAgents)
    online = Method(customer_service.GetOnlineAgents)


class Sessions(Group[Mode]):
    """客服会话控制: who serves whom, who waits, and what was said."""

    create = Method(customer_service.CreateSession)
    close = Method(customer_service.CloseSession)
    of_person = Method(customer_service.GetSession)
    of_agent = Method(customer_service.ListSessions)
    waiting = Method(customer_service.GetWaiting)
    list_records = Method(customer_service.GetRecords)
    walk_records = Walk(customer_service.GetRecords)
    old_records = Method(customer_service.GetOldRecords)


class Statistics(Group[Mode]):
    """数据统计: followers, messages, the callback interface and articles, day by day."""

    follower_changes = Method(statistics.GetFollowerChanges)
    follower_totals = Method(statistics.GetFollowerTotals)
    messages = Method(statistics.GetMessageCounts)
    messages_by_hour = Method(statistics.GetHourlyMessageCounts)
    messages_by_week = Method(statistics.GetWeeklyMessageCounts)
    messages_by_month = Method(statistics.GetMonthlyMessageCounts)
    senders = Method(statistics.GetSenderDistribution)
    senders_by_week = Method(statistics.GetWeeklySenderDistribution)
    senders_by_month = Method(statistics.GetMonthlySenderDistribution)
    callbacks = Method(statistics.GetCallbackCounts)
    callbacks_by_hour = Method(statistics.GetHourlyCallbackCounts)
    article_reads = Method(article_statistics.GetArticleReads)
    article_shares = Method(article_statistics.GetArticleShares)
    articles_overview = Method(article_statistics.GetArticlesOverview)
    article_details = Method(article_statistics.GetArticleDetails)
    old_articles = Method(old_article_statistics.GetArticleActivity)
    old_article_totals = Method(old_article_statistics.GetArticleTotals)
    old_reads = Method(old_article_statistics.GetReadActivity)
    old_reads_by_hour = Method(old_article_statistics.GetHourlyReadActivity)
    old_shares = Method(old_article_statistics.GetShareActivity)
    old_shares_by_hour = Method(old_article_statistics.GetHourlyShareActivity)
    cards = Method(card_statistics.GetCardOverview)
    coupons = Method(card_statistics.GetCouponStatistics)
    member_cards = Method(card_statistics.GetMemberCardOverview)
    member_card = Method(card_statistics.GetMemberCardStatistics)


class Advertising(Group[Mode]):
    """流量主数据: what advertisements in articles earn."""

    slots = Method(publisher.GetSlotStatistics)
    walk_slots = Walk(publisher.GetSlotStatistics)
    rebates = Method(publisher.GetRebateStatistics)
    walk_rebates = Walk(publisher.GetRebateStatistics)
    settlements = Method(publisher.GetSettlements)
    walk_settlements = Walk(publisher.GetSettlements)


class Groups(Generic[Mode]):
    """Every group as an attribute of a client."""

    def _open_groups(self, client: Performs) -> None:
        self.base: Base[Mode] = Base(client, "base")
        self.menu: Menus[Mode] = Menus(client, "menu")
        self.template: TemplateMessages[Mode] = TemplateMessages(client, "template")
        self.customer: CustomerMessages[Mode] = CustomerMessages(client, "customer")
        self.users: Users[Mode] = Users(client, "users")
        self.tags: Tags[Mode] = Tags(client, "tags")
        self.qrcode: QRCodes[Mode] = QRCodes(client, "qrcode")
        self.oauth: WebAuthorization[Mode] = WebAuthorization(client, "oauth")
        self.tickets: Tickets[Mode] = Tickets(client, "tickets")
        self.ai: Intelligence[Mode] = Intelligence(client, "ai")
        self.listed: Listed[Mode] = Listed(client, "listed")
        self.media: Media[Mode] = Media(client, "media")
        self.mass: MassSending[Mode] = MassSending(client, "mass")
        self.subscriptions: Subscriptions[Mode] = Subscriptions(client, "subscriptions")
        self.autoreply: AutoReplies[Mode] = AutoReplies(client, "autoreply")
        self.material: PermanentMaterial[Mode] = PermanentMaterial(client, "material")
        self.drafts: Drafts[Mode] = Drafts(client, "drafts")
        self.publishing: Publishing[Mode] = Publishing(client, "publishing")
        self.comments: Comments[Mode] = Comments(client, "comments")
        self.agents: Agents[Mode] = Agents(client, "agents")
        self.sessions: Sessions[Mode] = Sessions(client, "sessions")
        self.statistics: Statistics[Mode] = Statistics(client, "statistics")
        self.advertising: Advertising[Mode] = Advertising(client, "advertising")
