"""What a client can do, as names: one line per call, one group per chapter of the catalogue.

`Groups` gives a client all of them. Signature, documentation and result of a method are those of the call (or
of the small function that builds it), for the blocking and for the awaiting client alike.
"""

from __future__ import annotations

from typing import Generic

from ..catalogue import (
    ai,
    base,
    customer_messages,
    listed,
    media,
    menus,
    oauth,
    qrcodes,
    tags,
    templates,
    tickets,
    users,
)
from .method import Group, Method, Mode, Performs, Walk


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


class Groups(Generic[Mode]):
    """Every group as an attribute of a client."""

    def _open_groups(self, client: Performs) -> None:
        self.base: Base[Mode] = Base(client)
        self.menu: Menus[Mode] = Menus(client)
        self.template: TemplateMessages[Mode] = TemplateMessages(client)
        self.customer: CustomerMessages[Mode] = CustomerMessages(client)
        self.users: Users[Mode] = Users(client)
        self.tags: Tags[Mode] = Tags(client)
        self.qrcode: QRCodes[Mode] = QRCodes(client)
        self.oauth: WebAuthorization[Mode] = WebAuthorization(client)
        self.tickets: Tickets[Mode] = Tickets(client)
        self.ai: Intelligence[Mode] = Intelligence(client)
        self.listed: Listed[Mode] = Listed(client)
        self.media: Media[Mode] = Media(client)
