// Written by `make types` from the platform's OpenAPI document. 6d0077d5e308119dd5727dd31afd53df
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** AccountChange */
        AccountChange: {
            aes_key?: string;
            autoreply?: components["schemas"]["AutoReplySettings"];
            business_domains?: string[];
            call_limits?: {
                [key: string]: number;
            };
            comments?: boolean;
            customer_service?: boolean;
            description?: string;
            /** @enum {unknown} */
            encryption?: "compatible" | "plain" | "safe";
            headimgurl?: string;
            ip_allow_list?: string[];
            /** @enum {unknown} */
            ip_allow_list_scope?: "all" | "token";
            /** @enum {unknown} */
            ip_refusal_code?: 40164 | 61004;
            js_domains?: string[];
            /** @enum {unknown} */
            kind?: "service" | "subscription" | "test";
            mass?: components["schemas"]["MassSettings"];
            name?: string;
            oauth_domain?: string;
            open_platform?: string;
            /** @enum {unknown} */
            page_error?: 0 | 10004 | 10009 | 10015 | 10016;
            second_oauth_domain?: string;
            secret?: string;
            secret_frozen?: boolean;
            token?: string;
            url?: string;
            verified?: boolean;
            web_authorization?: boolean;
        };
        /**
         * AccountConfig
         * @description One official account as a file or a test declares it; ids that are missing are made from the name.
         */
        AccountConfig: {
            aes_key?: string;
            appid?: string;
            autoreply?: components["schemas"]["AutoReplySettings"];
            business_domains?: string[];
            call_limits?: {
                [key: string]: number;
            };
            comments?: boolean;
            conditional_menu?: components["schemas"]["ConditionalMenuConfig"][];
            customer_service?: boolean;
            description?: string;
            /** @enum {unknown} */
            encryption?: "compatible" | "plain" | "safe";
            headimgurl?: string;
            industries?: number[];
            ip_allow_list?: string[];
            /** @enum {unknown} */
            ip_allow_list_scope?: "all" | "token";
            /** @enum {unknown} */
            ip_refusal_code?: 40164 | 61004;
            js_domains?: string[];
            /** @enum {unknown} */
            kind?: "service" | "subscription" | "test";
            mass?: components["schemas"]["MassSettings"];
            mass_speed?: (0 | 1 | 2 | 3 | 4) | null;
            menu?: components["schemas"]["Button"][];
            name: string;
            oauth_domain?: string;
            open_platform?: string;
            original_id?: string;
            /** @enum {unknown} */
            page_error?: 0 | 10004 | 10009 | 10015 | 10016;
            second_oauth_domain?: string;
            secret?: string;
            secret_frozen?: boolean;
            token?: string;
            url?: string;
            used_quota?: {
                [key: string]: number;
            };
            verified?: boolean;
            web_authorization?: boolean;
            wechat_id?: string;
        };
        /**
         * AccountState
         * @description An official account as the platform keeps it.
         */
        AccountState: {
            /** @default  */
            aes_key: string;
            appid: string;
            /**
             * @default {
             *       "add_friend_open": true,
             *       "open": true,
             *       "add_friend": null,
             *       "default": null,
             *       "rules": []
             *     }
             */
            autoreply: components["schemas"]["AutoReplySettings"];
            /** @default [] */
            business_domains: string[];
            /** @default {} */
            call_limits: {
                [key: string]: number;
            };
            /** @default true */
            comments: boolean;
            /** @default true */
            customer_service: boolean;
            /** @default  */
            description: string;
            /**
             * @default plain
             * @enum {unknown}
             */
            encryption: "compatible" | "plain" | "safe";
            /** @default  */
            headimgurl: string;
            /** @default [] */
            ip_allow_list: string[];
            /**
             * @default all
             * @enum {unknown}
             */
            ip_allow_list_scope: "all" | "token";
            /** @default [] */
            ip_list_before: string[];
            /** @default 0 */
            ip_list_from: number;
            /**
             * @default 40164
             * @enum {unknown}
             */
            ip_refusal_code: 40164 | 61004;
            /** @default [] */
            js_domains: string[];
            /**
             * @default service
             * @enum {unknown}
             */
            kind: "service" | "subscription" | "test";
            /**
             * @default {
             *       "outcome": {
             *         "status": "",
             *         "check_state": 1,
             *         "findings": []
             *       },
             *       "protected": false
             *     }
             */
            mass: components["schemas"]["MassSettings"];
            name: string;
            /** @default  */
            oauth_domain: string;
            /** @default  */
            open_platform: string;
            original_id: string;
            /**
             * @default 0
             * @enum {unknown}
             */
            page_error: 0 | 10004 | 10009 | 10015 | 10016;
            /** @default  */
            second_oauth_domain: string;
            /** @default  */
            secret: string;
            /** @default false */
            secret_frozen: boolean;
            /** @default  */
            token: string;
            /** @default  */
            url: string;
            /** @default true */
            verified: boolean;
            /** @default false */
            web_authorization: boolean;
            wechat_id: string;
        };
        /**
         * ActView
         * @description What an act made at once: lines, a page to open, the event it is.
         */
        ActView: {
            appid: string | null;
            event: string | null;
            items: (components["schemas"]["TextLine"] | components["schemas"]["ImageLine"] | components["schemas"]["VoiceLine"] | components["schemas"]["VideoLine"] | components["schemas"]["ShortVideoLine"] | components["schemas"]["LocationLine"] | components["schemas"]["LinkLine"] | components["schemas"]["MusicLine"] | components["schemas"]["ArticlesLine"] | components["schemas"]["MenuLine"] | components["schemas"]["TemplateLine"] | components["schemas"]["MiniProgramLine"] | components["schemas"]["CardLine"] | components["schemas"]["EventLine"] | components["schemas"]["FailureLine"])[];
            open: string | null;
        };
        /** AgentSpeaking */
        AgentSpeaking: {
            content?: string;
            file?: string;
            kf_account: string;
            person: string;
        };
        /** AgentView */
        AgentView: {
            auto_accept: number;
            headimgurl: string;
            invitation: components["schemas"]["Invitation"] | null;
            kf_account: string;
            kf_wx: string;
            nickname: string;
            online: boolean;
        };
        /** AlarmsView */
        AlarmsView: {
            alarms: components["schemas"]["AlarmView"][];
        };
        /** AlarmView */
        AlarmView: {
            text: string;
            time: number;
            type: string;
        };
        /** ArticleCard */
        ArticleCard: {
            description: string;
            picurl: string;
            title: string;
            url: string;
        };
        /** ArticlesLine */
        ArticlesLine: {
            appid: string;
            articles: components["schemas"]["ArticleCard"][];
            kf?: string;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            /** @enum {unknown} */
            type: "news";
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /**
         * ArticleView
         * @description An article on the web, with what readers did.
         */
        ArticleView: {
            banned: boolean;
            comments: components["schemas"]["CommentView"][];
            comments_open: boolean;
            deleted: boolean;
            idx: number;
            reads: number;
            shares: number;
            title: string;
            url: string;
        };
        /**
         * Audience
         * @description Everybody, the carriers of a tag, or a list of OpenIDs.
         */
        Audience: {
            /** @default false */
            everybody: boolean;
            /** @default [] */
            openids: string[];
            /** @default null */
            tag: number | null;
        };
        /**
         * AutoReplySettings
         * @description Everything on the console's page of automatic replies; both switches start on, as nothing is set yet.
         */
        AutoReplySettings: {
            add_friend?: components["schemas"]["ConsoleReply"] | null;
            add_friend_open?: boolean;
            default?: components["schemas"]["ConsoleReply"] | null;
            open?: boolean;
            rules?: components["schemas"]["ConsoleRule"][];
        };
        /**
         * Bar
         * @description One attempt in time: milliseconds from the beginning of its row.
         */
        Bar: {
            length: number;
            start: number;
            /** @enum {unknown} */
            state: "bad" | "ok" | "wait" | "warn";
        };
        /**
         * BothLanguages
         * @description One text in both languages.
         */
        BothLanguages: {
            en: string;
            zh: string;
        };
        /**
         * BufferPart
         * @description One piece of the plaintext buffer.
         */
        BufferPart: {
            hex: string;
            /** @enum {unknown} */
            name: "appid" | "length" | "message" | "padding" | "random";
            size: number;
            text: string;
        };
        /**
         * BuiltPush
         * @description A push that is ready to go out, and everything on the way there.
         */
        BuiltPush: {
            body: string;
            curl: string;
            nonce: string;
            openid: string;
            query: {
                [key: string]: string;
            };
            random: string;
            steps: components["schemas"]["Steps"];
            timestamp: string;
            url: string;
            xml: string;
        };
        /**
         * Button
         * @description A button at the bottom of the chat: it does something, or it opens up to five second-level buttons.
         */
        Button: {
            appid?: string | null;
            article_id?: string | null;
            key?: string | null;
            media_id?: string | null;
            name: string;
            pagepath?: string | null;
            sub_button?: components["schemas"]["SubButton"][];
            type?: ("article_id" | "article_view_limited" | "click" | "location_select" | "media_id" | "miniprogram" | "pic_photo_or_album" | "pic_sysphoto" | "pic_weixin" | "scancode_push" | "scancode_waitmsg" | "view" | "view_limited") | null;
            url?: string | null;
        };
        /**
         * CallbackForm
         * @description 服务器配置 as the console has it. A Token or EncodingAESKey that is left out stays as it is.
         */
        CallbackForm: {
            aes_key?: string;
            encryption?: string;
            token?: string;
            url: string;
        };
        /**
         * CallChapter
         * @description Calls that belong together.
         */
        CallChapter: {
            calls: components["schemas"]["CallRow"][];
            en: string;
            listed: boolean;
            name: string;
            zh: string;
        };
        /**
         * CallCode
         * @description One call in four ways.
         */
        CallCode: {
            cli: string;
            curl: string;
            python: string;
            python_async: string;
        };
        /**
         * CallCount
         * @description Calls of today; `daily` is null where no quota is published.
         */
        CallCount: {
            daily: number | null;
            path: string;
            used: number;
        };
        /**
         * CallEntry
         * @description One call, or the page that asks a person to sign in (`OAuth`): who may use it, and how far it is here.
         */
        CallEntry: {
            accounts_en: string;
            accounts_zh: string;
            chapter: string;
            chapter_en: string;
            chapter_zh: string;
            daily: number | null;
            en: string;
            /** @enum {unknown} */
            kit: "listed" | "typed";
            name: string;
            path: string;
            /** @enum {unknown} */
            platform: "behaviour" | "constant" | "fallback" | "retired";
            verb: string;
            zh: string;
        };
        /**
         * CallForm
         * @description What the page needs to ask for one call.
         */
        CallForm: {
            accounts: components["schemas"]["BothLanguages"];
            answers: Record<string, never>[];
            call: components["schemas"]["CallRow"];
            chapter: string;
            codes: components["schemas"]["ListedCode"][];
            daily: number | null;
            document: string;
            file_answer: boolean;
            filled_in: string[];
            method: string;
            parameters: Record<string, never>;
            per_minute: number | null;
            token: boolean;
        };
        /**
         * CallPage
         * @description One call with everything that is declared about it; `form` is null for the page that is no call.
         */
        CallPage: {
            call: components["schemas"]["CallEntry"];
            codes: components["schemas"]["CodeOfCall"][];
            form: components["schemas"]["CallForm"] | null;
        };
        /**
         * CallRow
         * @description One call, to choose it by.
         */
        CallRow: {
            en: string;
            gone: boolean;
            name: string;
            path: string;
            reads: boolean;
            /** @enum {unknown} */
            verb: "GET" | "POST";
            zh: string;
        };
        /**
         * CardLine
         * @description A coupon (卡券), which has no content here but its id.
         */
        CardLine: {
            appid: string;
            card_id: string;
            kf?: string;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            title: string;
            /** @enum {unknown} */
            type: "wxcard";
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /**
         * Cause
         * @description The row that a row follows from.
         */
        Cause: {
            known: boolean;
            number: number;
        };
        /**
         * ChatView
         * @description A chat as the phone shows it.
         */
        ChatView: {
            items: (components["schemas"]["TextLine"] | components["schemas"]["ImageLine"] | components["schemas"]["VoiceLine"] | components["schemas"]["VideoLine"] | components["schemas"]["ShortVideoLine"] | components["schemas"]["LocationLine"] | components["schemas"]["LinkLine"] | components["schemas"]["MusicLine"] | components["schemas"]["ArticlesLine"] | components["schemas"]["MenuLine"] | components["schemas"]["TemplateLine"] | components["schemas"]["MiniProgramLine"] | components["schemas"]["CardLine"] | components["schemas"]["EventLine"] | components["schemas"]["FailureLine"])[];
            menu: components["schemas"]["MenuView"];
            typing: boolean;
        };
        /**
         * ClockView
         * @description The platform's clock, in unix seconds.
         */
        ClockView: {
            frozen: boolean;
            now: number;
        };
        /**
         * CodeOfCall
         * @description A return code of one call.
         */
        CodeOfCall: {
            code: number;
            en: string;
            fields: string[];
            /** @enum {unknown} */
            given: "behaviour" | "fault" | "no";
            zh: string;
        };
        /**
         * CodePage
         * @description One return code with cause and fix, and the calls that name it.
         */
        CodePage: {
            calls: components["schemas"]["NamingCall"][];
            explanation: components["schemas"]["Explanation"];
            /** @enum {unknown} */
            given: "behaviour" | "fault" | "no";
        };
        /**
         * CodeRow
         * @description A return code: what it means, what to do about it in general (`category`), and how it came about in tests.
         */
        CodeRow: {
            calls: number;
            /** @enum {unknown} */
            category: "content" | "ok" | "parameter" | "permission" | "quota" | "refresh token" | "retry";
            code: number;
            en: string;
            /** @enum {unknown} */
            given: "behaviour" | "fault" | "no";
            zh: string;
        };
        /** CodesView */
        CodesView: {
            codes: components["schemas"]["CodeView"][];
        };
        /**
         * CodeTold
         * @description A return code in words.
         */
        CodeTold: {
            cause: components["schemas"]["BothLanguages"];
            code: number;
            fields: string[];
            fix: components["schemas"]["BothLanguages"];
            known: boolean;
            meaning: components["schemas"]["BothLanguages"];
            ok: boolean;
            rid: string;
        };
        /**
         * CodeView
         * @description A QR code that has not expired; `scene` is what EventKey will say.
         */
        CodeView: {
            appid: string;
            expires_at: number | null;
            scene: string;
            ticket: string;
            url: string;
        };
        /**
         * Commented
         * @description The number that calls know the comment by.
         */
        Commented: {
            user_comment_id: number;
        };
        /** Commenting */
        Commenting: {
            content: string;
            url: string;
        };
        /**
         * CommentView
         * @description A comment as its article's page knows it.
         */
        CommentView: {
            content: string;
            person: string;
            selected: boolean;
            user_comment_id: number;
        };
        /**
         * ConditionalMenuConfig
         * @description A personalised menu (个性化菜单); `matchrule` as the call takes it.
         */
        ConditionalMenuConfig: {
            button: components["schemas"]["Button"][];
            matchrule: components["schemas"]["MatchRule"];
        };
        /**
         * ConditionalMenuView
         * @description A personalised menu (个性化菜单) and whom it is for.
         */
        ConditionalMenuView: {
            button: components["schemas"]["MenuButtonView"][];
            matchrule: Record<string, never>;
            menuid: number;
        };
        /**
         * Confirming
         * @description The administrator's answer to a mass send that waits.
         */
        Confirming: {
            agree: boolean;
        };
        /**
         * ConsoleKeyword
         * @description A keyword: half match (`contain`) or full match (`equal`).
         */
        ConsoleKeyword: {
            content: string;
            /** @enum {unknown} */
            match?: "contain" | "equal";
        };
        /**
         * ConsoleReply
         * @description What is said: `content` is the text, or the media_id of a permanent file; articles stand in `articles`.
         */
        ConsoleReply: {
            articles?: components["schemas"]["ReplyArticle"][];
            content?: string;
            /** @enum {unknown} */
            type?: "img" | "news" | "text" | "video" | "voice";
        };
        /**
         * ConsoleRule
         * @description Keywords and what answers them: everything, or one by chance.
         */
        ConsoleRule: {
            create_time?: number;
            keywords: components["schemas"]["ConsoleKeyword"][];
            name: string;
            replies: components["schemas"]["ConsoleReply"][];
            /** @enum {unknown} */
            reply_mode?: "random_one" | "reply_all";
        };
        /**
         * CopyrightFinding
         * @description What the originality check says of one article (`article_idx` from 1); the fields are the event's.
         */
        CopyrightFinding: {
            article_idx?: number;
            audit_state?: number;
            can_reprint?: boolean;
            need_replace_content?: boolean;
            need_show_reprint_source?: boolean;
            /** @enum {unknown} */
            original_article_type?: 1 | 2 | 3 | 4;
            original_article_url?: string;
            /** @enum {unknown} */
            user_declare_state?: 0 | 1 | 2;
        };
        /**
         * Coverage
         * @description Everything at once.
         */
        Coverage: {
            codes: components["schemas"]["CoveredCode"][];
            endpoints: components["schemas"]["Endpoint"][];
            pushes: components["schemas"]["CoveredPush"][];
        };
        /**
         * CoveredCode
         * @description One return code, and whether a contract test saw it: in the course of things, or by an ordered fault only.
         */
        CoveredCode: {
            code: number;
            en: string;
            /** @enum {unknown} */
            given: "behaviour" | "fault" | "no";
            zh: string;
        };
        /**
         * CoveredPush
         * @description One push: its name, its class, and the functions of the platform that make it; any can be triggered.
         */
        CoveredPush: {
            cls: string;
            en: string;
            /** @enum {unknown} */
            kind: "event" | "message";
            made_by: string[];
            name: string;
            zh: string;
        };
        /**
         * CredentialsView
         * @description What a program needs to call the API as an account and to read its pushes, in clear.
         */
        CredentialsView: {
            aes_key: string;
            appid: string;
            /** @enum {unknown} */
            encryption: "compatible" | "plain" | "safe";
            secret: string;
            token: string;
        };
        /**
         * DebugCalls
         * @description Every call by chapter; `wechat` is null unless the operator put credentials into the environment.
         */
        DebugCalls: {
            chapters: components["schemas"]["CallChapter"][];
            wechat: components["schemas"]["WeChatItself"] | null;
        };
        /**
         * DebugPushes
         * @description Every message and event.
         */
        DebugPushes: {
            pushes: components["schemas"]["PushRow"][];
        };
        /**
         * Decided
         * @description The events that the decision caused; null where the account hears nothing.
         */
        Decided: {
            events: (string | null)[];
        };
        /**
         * Decrypted
         * @description What is inside, part by part.
         */
        Decrypted: {
            appid: string;
            message: string;
            ok: boolean;
            parts: components["schemas"]["BufferPart"][];
            signed: boolean | null;
            verdict: components["schemas"]["BothLanguages"];
        };
        /**
         * Decrypting
         * @description A ciphertext, bare or inside its XML or JSON. The key and Token are the account's where they are left out.
         */
        Decrypting: {
            aes_key?: string | null;
            appid: string;
            ciphertext: string;
            msg_signature?: string;
            nonce?: string;
            timestamp?: string;
            token?: string | null;
        };
        /**
         * Delivered
         * @description How a push ended, and its traffic entries.
         */
        Delivered: {
            en: string;
            entries: number[];
            ok: boolean;
            row: number;
            zh: string;
        };
        /**
         * DeskView
         * @description Everything that an agent's screen shows besides the chats.
         */
        DeskView: {
            agents: components["schemas"]["AgentView"][];
            enabled: boolean;
            sessions: components["schemas"]["SessionView"][];
            waiting: components["schemas"]["WaitingView"][];
        };
        /**
         * Downloaded
         * @description A downloaded file, in base64.
         */
        Downloaded: {
            content_type: string;
            file: string;
        };
        /**
         * Downloading
         * @description The serverId of a file that the page wants.
         */
        Downloading: {
            appid: string;
            /** @enum {unknown} */
            kind: "image" | "voice";
            server_id: string;
        };
        /**
         * DraftsView
         * @description The latest first, `total` in all.
         */
        DraftsView: {
            drafts: components["schemas"]["DraftView"][];
            total: number;
        };
        /**
         * DraftView
         * @description A draft; `previews` are the addresses of its articles' pages.
         */
        DraftView: {
            created_at: number;
            media_id: string;
            previews: string[];
            titles: string[];
            updated_at: number;
        };
        /**
         * ElementView
         * @description One element of a push.
         */
        ElementView: {
            attribute: string;
            /** @default [] */
            inside: components["schemas"]["ElementView"][];
            /** @enum {unknown} */
            kind: "element" | "flag" | "number" | "text";
            name: string;
            repeated: boolean;
            required: boolean;
        };
        /**
         * Endpoint
         * @description One call: how the kit knows it, and what the platform does with it.
         */
        Endpoint: {
            en: string;
            group: string;
            /** @enum {unknown} */
            kit: "listed" | "typed";
            name: string;
            path: string;
            /** @enum {unknown} */
            platform: "behaviour" | "constant" | "fallback" | "retired";
            verb: string;
            zh: string;
        };
        /** Entering */
        Entering: {
            appid: string;
            latitude?: number;
            longitude?: number;
        };
        /**
         * EventLine
         * @description A grey line of WeChat's own, such as 你已关注这个公众号.
         */
        EventLine: {
            appid: string;
            content: string;
            kf?: string;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            /** @enum {unknown} */
            type: "event";
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /**
         * Explained
         * @description What happened, why, and what to do. The last two are empty where nothing went wrong.
         */
        Explained: {
            cause: components["schemas"]["BothLanguages"];
            fault: components["schemas"]["FaultTold"] | null;
            fix: components["schemas"]["BothLanguages"];
            headline: components["schemas"]["BothLanguages"];
            /** @enum {unknown} */
            tone: "bad" | "ok" | "wait" | "warn";
        };
        /**
         * Explanation
         * @description A return code in words: what WeChat says, the likely cause, the fix.
         */
        Explanation: {
            category: ("content" | "ok" | "parameter" | "permission" | "quota" | "refresh token" | "retry") | null;
            cause_en: string;
            cause_zh: string;
            code: number;
            en: string;
            fix_en: string;
            fix_zh: string;
            name: string;
            zh: string;
        };
        /**
         * FailedJob
         * @description A job that was tried `attempts` times and given up; `time` in unix seconds of the world's clock.
         */
        FailedJob: {
            attempts: number;
            error: string;
            id: number;
            kind: string;
            time: number;
        };
        /**
         * FailureLine
         * @description 该公众号提供的服务出现故障，请稍后再试
         */
        FailureLine: {
            appid: string;
            content: string;
            kf?: string;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            /** @enum {unknown} */
            type: "failure";
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /**
         * Fault
         * @description A fault in force, and how often it has struck.
         */
        Fault: {
            appid: string;
            carried_out: boolean;
            delay_s: number;
            /** @default 0 */
            draws: number;
            errcode: number;
            /** @default 0 */
            hits: number;
            id: number;
            /** @enum {unknown} */
            kind: "delay" | "drop" | "duplicate" | "errcode" | "reorder" | "status";
            rate: number;
            seed: number;
            /** @enum {unknown} */
            side: "api" | "push";
            status: number;
            target: string;
            times: number | null;
        };
        /** FaultsView */
        FaultsView: {
            faults: components["schemas"]["Fault"][];
        };
        /**
         * FaultTold
         * @description The ordered fault that struck a row. `in_force` says whether it can still be lifted.
         */
        FaultTold: {
            id: number;
            in_force: boolean;
            words: components["schemas"]["BothLanguages"];
        };
        /**
         * FilesView
         * @description The latest first; `next` is the `before` of the next page, null at the end.
         */
        FilesView: {
            files: components["schemas"]["Listed"][];
            next: number | null;
        };
        /**
         * FilledForm
         * @description The form of a call, and values to begin with; files as name, media type and content in base64.
         */
        FilledForm: {
            form: components["schemas"]["CallForm"];
            values: Record<string, never>;
        };
        /**
         * FollowersView
         * @description In the order of following; `total` counts all followers, `next` is the `after` of the next page.
         */
        FollowersView: {
            followers: components["schemas"]["FollowerView"][];
            next: number | null;
            total: number;
        };
        /**
         * FollowerView
         * @description What an account may know of a follower; `person` is null for followers without a phone here.
         */
        FollowerView: {
            blacklisted: boolean;
            headimgurl: string;
            nickname: string;
            openid: string;
            person: string | null;
            qr_scene: number;
            qr_scene_str: string;
            remark: string;
            subscribe_scene: string;
            subscribe_time: number;
            tags: number[];
            unionid: string | null;
        };
        /** Following */
        Following: {
            appid: string;
            scene?: string | number | null;
        };
        /**
         * Found
         * @description A page of rows, newest first.
         */
        Found: {
            before: number;
            last: number;
            log: string;
            more: boolean;
            older: number;
            rows: components["schemas"]["RowView"][];
        };
        /**
         * GivenFile
         * @description A file of a form; `content` is base64.
         */
        GivenFile: {
            content?: string;
            content_type?: string;
            filename?: string;
        };
        /** Sharing */
        "gongzhong.platform.doors.control.articles.Sharing": {
            /** @enum {unknown} */
            to?: "friend" | "moments" | "other";
            url: string;
        };
        /**
         * Sharing
         * @description A page passed on; `to` names the friend.
         */
        "gongzhong.platform.doors.control.js_sdk.Sharing": {
            appid: string;
            description?: string;
            link?: string;
            page: string;
            picture?: string;
            /** @enum {unknown} */
            target?: "friend" | "qq" | "qzone" | "timeline" | "weibo";
            title?: string;
            to?: string;
        };
        /** ImageLine */
        ImageLine: {
            appid: string;
            kf?: string;
            media_id: string | null;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            /** @enum {unknown} */
            type: "image";
            url: string;
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /** Invitation */
        Invitation: {
            expires_at: number;
            invite_wx: string;
            /** @enum {unknown} */
            status: "expired" | "rejected" | "waiting";
        };
        /**
         * Invited
         * @description An answer to an invitation.
         */
        Invited: {
            accept?: boolean;
            appid: string;
            kf_account: string;
        };
        /**
         * Lifted
         * @description How many faults were ended.
         */
        Lifted: {
            lifted: number;
        };
        /**
         * LinkLine
         * @description A link that the person sent, or a page that a friend passed on (`sharer`: the friend's nickname).
         */
        LinkLine: {
            appid: string;
            description: string;
            kf?: string;
            note?: string;
            person: string;
            picurl?: string;
            row?: number | null;
            seq: number;
            sharer?: string;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            title: string;
            /** @enum {unknown} */
            type: "link";
            url: string;
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /**
         * Listed
         * @description A stored file with what a list of all of them shows besides: its number, its size, until when it is kept.
         */
        Listed: {
            bytes: number;
            content_type: string;
            created_at: number;
            expires_at: number | null;
            id: number;
            kind: string;
            media_id: string;
            name: string;
            permanent: boolean;
        };
        /**
         * ListedCode
         * @description A return code that the official page lists.
         */
        ListedCode: {
            code: number;
            en: string;
            zh: string;
        };
        /** LocationLine */
        LocationLine: {
            appid: string;
            kf?: string;
            label: string;
            latitude: number;
            longitude: number;
            note?: string;
            person: string;
            row?: number | null;
            scale: number;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            /** @enum {unknown} */
            type: "location";
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /**
         * MassJobsView
         * @description The latest first; `results` are those that one can choose for the next.
         */
        MassJobsView: {
            jobs: components["schemas"]["MassJobView"][];
            results: string[];
        };
        /**
         * MassJobView
         * @description A mass send; `status` as its result event or call names it, `time` in unix seconds.
         */
        MassJobView: {
            audience: components["schemas"]["Audience"];
            kind: string;
            msg_data_id: number | null;
            msg_id: number;
            status: string;
            time: number;
        };
        /**
         * MassOutcome
         * @description How a job ends: with a `status` of MASSSENDJOBFINISH, or as the originality check decides.
         *
         *         `check_state` 1: no reprint; 2: a permitted reprint, sent only if the sender said so; 3: must not be sent.
         */
        MassOutcome: {
            /** @enum {unknown} */
            check_state?: 1 | 2 | 3;
            findings?: components["schemas"]["CopyrightFinding"][];
            status?: string;
        };
        /**
         * MassSettings
         * @description `protected` is API群发保护: a send to everybody waits for the administrator.
         */
        MassSettings: {
            outcome?: components["schemas"]["MassOutcome"];
            protected?: boolean;
        };
        /**
         * MatchRule
         * @description Whom a conditional menu is for; at least one field. Everything else stopped working in 2021.
         */
        MatchRule: {
            client_platform_type?: ("1" | "2" | "3") | null;
            tag_id?: string | null;
        };
        /**
         * MenuButtonView
         * @description A button as menu/create takes it: one that opens others (`sub_button`), or one of a `type`.
         */
        MenuButtonView: {
            appid?: string;
            article_id?: string;
            key?: string;
            media_id?: string;
            name: string;
            pagepath?: string;
            sub_button?: components["schemas"]["MenuButtonView"][];
            type?: string;
            url?: string;
        };
        /**
         * MenuLine
         * @description A menu message (菜单消息): what stands above, the choices, what stands below.
         */
        MenuLine: {
            appid: string;
            head: string;
            kf?: string;
            list: components["schemas"]["MenuOption"][];
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            tail: string;
            time: number;
            /** @enum {unknown} */
            type: "msgmenu";
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /** MenuOption */
        MenuOption: {
            content: string;
            id: string;
        };
        /**
         * MenusView
         * @description The menu that everybody sees, empty without one, and the personalised ones in the order they are tried in.
         */
        MenusView: {
            button: components["schemas"]["MenuButtonView"][];
            conditional: components["schemas"]["ConditionalMenuView"][];
        };
        /**
         * MenuView
         * @description A menu as menu/create takes it.
         */
        MenuView: {
            button: components["schemas"]["MenuButtonView"][];
        };
        /** MiniProgramLine */
        MiniProgramLine: {
            appid: string;
            kf?: string;
            miniprogram: components["schemas"]["MiniProgramTarget"];
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            thumb_url: string;
            time: number;
            title: string | null;
            /** @enum {unknown} */
            type: "miniprogrampage";
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /** MiniProgramTarget */
        MiniProgramTarget: {
            appid: string;
            pagepath?: string | null;
        };
        /**
         * Moving
         * @description `real` first returns to the machine's time, which may be a step back; then `freeze` and `advance` apply.
         */
        Moving: {
            advance?: number;
            freeze?: boolean | null;
            real?: boolean;
        };
        /** MusicLine */
        MusicLine: {
            appid: string;
            description: string | null;
            kf?: string;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            thumb_url: string;
            time: number;
            title: string | null;
            /** @enum {unknown} */
            type: "music";
            url: string | null;
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /**
         * NamingCall
         * @description A call whose page names the code, or that was refused with it in a test.
         */
        NamingCall: {
            en: string;
            /** @enum {unknown} */
            given: "behaviour" | "fault" | "no";
            name: string;
            path: string;
            zh: string;
        };
        /**
         * NewAgent
         * @description An agent with somebody to work as it from the start.
         */
        NewAgent: {
            nickname: string;
            person: string;
            prefix: string;
        };
        /** NewPerson */
        NewPerson: {
            headimgurl?: string;
            language?: string;
            name: string;
            nickname?: string;
            sex?: number;
        };
        /** NewSnapshot */
        NewSnapshot: {
            name: string;
        };
        /**
         * NoticeDecision
         * @description Templates accepted and rejected on the pop-up (`scene` 1 web page, 2 article), or turned off in the settings.
         */
        NoticeDecision: {
            accept?: string[];
            appid: string;
            reject?: string[];
            /** @enum {unknown} */
            scene?: 1 | 2;
            withdraw?: string[];
        };
        /** NoticeTemplateView */
        NoticeTemplateView: {
            scene: string;
            template_id: string;
            title: string;
            type: number;
        };
        /** OfAccount */
        OfAccount: {
            appid: string;
        };
        /**
         * OfArticle
         * @description An article by its address, or the key at the end of it.
         */
        OfArticle: {
            url: string;
        };
        /** OneTimeAllowed */
        OneTimeAllowed: {
            openid: string;
            scene: number;
            template_id: string;
        };
        /**
         * OneTimeDecision
         * @description The scene that the person confirms, without the page.
         */
        OneTimeDecision: {
            appid: string;
            scene: number;
        };
        /**
         * Order
         * @description A fault as it is ordered. An empty `appid` or `target` means all of them.
         */
        Order: {
            appid?: string;
            carried_out?: boolean | null;
            delay_s?: number;
            errcode?: number;
            /** @enum {unknown} */
            kind: "delay" | "drop" | "duplicate" | "errcode" | "reorder" | "status";
            rate?: number;
            seed?: number;
            /** @enum {unknown} */
            side: "api" | "push";
            status?: number;
            target?: string;
            times?: number | null;
        };
        /**
         * PageConfig
         * @description What a page gave to `wx.config`, and the page's own address.
         */
        PageConfig: {
            appId?: string | null;
            jsApiList?: string[] | null;
            nonceStr?: string | null;
            openTagList?: string[] | null;
            signature?: string | null;
            timestamp?: number | string | null;
            url: string;
        };
        /**
         * PageLook
         * @description How a page answers: `problem` when it does not, `forbids` with the header that keeps it out of the frame.
         */
        PageLook: {
            /** @default  */
            forbids: string;
            /** @default  */
            problem: string;
            /** @default 0 */
            status: number;
        };
        /**
         * PageSignature
         * @description string1, which holds the ticket in clear, and its SHA-1.
         */
        PageSignature: {
            reason: components["schemas"]["BothLanguages"] | null;
            same: boolean | null;
            signature: string;
            string1: string;
        };
        /**
         * PageSigning
         * @description What a page signs. The ticket is the account's where it is left out; `signature` is compared, if given.
         */
        PageSigning: {
            appid: string;
            noncestr: string;
            signature?: string;
            ticket?: string | null;
            timestamp: string;
            url: string;
        };
        /**
         * Part
         * @description A piece of a sentence.
         */
        Part: {
            en: string;
            /** @enum {unknown} */
            role: "detail" | "did" | "quote" | "then" | "who";
            zh: string;
        };
        /**
         * PersonView
         * @description Somebody with a phone; `accounts` is keyed by AppID.
         */
        PersonView: {
            accounts: {
                [key: string]: components["schemas"]["TieView"];
            };
            closed: boolean;
            headimgurl: string;
            language: string;
            name: string;
            nickname: string;
            sex: number;
        };
        /** Presence */
        Presence: {
            auto_accept?: number;
            kf_account: string;
            online: boolean;
        };
        /**
         * Problem
         * @description A row that was left out; `line` counts from 1, the heading included; `column` is empty for a whole row.
         */
        Problem: {
            column: string;
            en: string;
            line: number;
            zh: string;
        };
        /**
         * ProgramView
         * @description The account's server: its URL, and whether it accepts connections. `listening` is null without a URL, and when
         *         the program runs inside the platform's process.
         */
        ProgramView: {
            listening: boolean | null;
            url: string;
        };
        /**
         * Progress
         * @description How far an import is: `rows` of `of` are taken; `of` is 0 while the file is still checked.
         */
        Progress: {
            /** @default 0 */
            of: number;
            /** @default 0 */
            rows: number;
            /** @default false */
            running: boolean;
        };
        /**
         * PublicationsView
         * @description Everything that an account has had on the web, newest first.
         */
        PublicationsView: {
            publications: components["schemas"]["PublicationView"][];
        };
        /**
         * PublicationView
         * @description Articles that were published or mass-sent together; times in unix seconds.
         */
        PublicationView: {
            article_id: string;
            articles: components["schemas"]["ArticleView"][];
            created_at: number;
            msg_data_id: number;
            updated_at: number;
            /** @enum {unknown} */
            via: "mass" | "publish";
        };
        /**
         * PublishPlan
         * @description How a publish job ends: `fail_idx` (from 1) names the refused articles of 2 and 4, all when empty.
         */
        PublishPlan: {
            always?: boolean;
            fail_idx?: number[];
            /** @enum {unknown} */
            status: 0 | 2 | 3 | 4;
        };
        /**
         * PushEntry
         * @description A message or an event, by the name that triggers it.
         */
        PushEntry: {
            accounts_en: string;
            accounts_zh: string;
            answerable: boolean;
            cls: string;
            en: string;
            entry: string;
            /** @enum {unknown} */
            kind: "event" | "message";
            made_by: string[];
            name: string;
            zh: string;
        };
        /**
         * PushForm
         * @description The elements of one push as JSON Schema, and values to begin with.
         */
        PushForm: {
            elements: Record<string, never>;
            push: components["schemas"]["PushRow"];
            values: Record<string, never>;
        };
        /**
         * PushPage
         * @description One push with its elements, those that every push has left out, and an example.
         */
        PushPage: {
            elements: components["schemas"]["ElementView"][];
            push: components["schemas"]["PushEntry"];
            xml: string;
        };
        /**
         * PushRow
         * @description One push, to choose it by.
         */
        PushRow: {
            answerable: boolean;
            en: string;
            /** @enum {unknown} */
            kind: "event" | "message";
            name: string;
            zh: string;
        };
        /**
         * PushWish
         * @description A push to build. What is left out is the account's own, or made new; `xml` in place of `event` and `fields`.
         */
        PushWish: {
            aes_key?: string | null;
            appid: string;
            encryption?: ("compatible" | "plain" | "safe") | null;
            event?: string;
            fields?: Record<string, never>;
            nonce?: string;
            person?: string;
            random?: string;
            timestamp?: string;
            token?: string | null;
            url?: string;
            url_element?: boolean;
            xml?: string | null;
        };
        /**
         * QuotaUse
         * @description Calls of today; `daily` is null where no quota is published.
         */
        QuotaUse: {
            daily: number | null;
            used: number;
        };
        /** QuotaView */
        QuotaView: {
            calls: components["schemas"]["CallCount"][];
        };
        /** Reading */
        Reading: {
            /** @enum {unknown} */
            source?: "chat" | "message" | "moments" | "other" | "profile" | "recommended" | "search";
            url: string;
        };
        /**
         * RecordingView
         * @description Whether a conversation is being recorded, with which account, and how many acts there are.
         */
        RecordingView: {
            appid: string | null;
            length: number;
            running: boolean;
        };
        /** ReferenceCalls */
        ReferenceCalls: {
            calls: components["schemas"]["CallEntry"][];
        };
        /** ReferenceCodes */
        ReferenceCodes: {
            codes: components["schemas"]["CodeRow"][];
        };
        /** ReferencePushes */
        ReferencePushes: {
            pushes: components["schemas"]["PushEntry"][];
        };
        /**
         * ReplyArticle
         * @description One article of a news reply.
         */
        ReplyArticle: {
            author?: string;
            content_url?: string;
            cover_url?: string;
            digest?: string;
            show_cover?: boolean;
            source_url?: string;
            title: string;
        };
        /** Report */
        Report: {
            /** @default 0 */
            added: number;
            /** @default 0 */
            changed: number;
            /** @default [] */
            problems: components["schemas"]["Problem"][];
            /** @default 0 */
            refused: number;
            /** @default 0 */
            rows: number;
        };
        /** RequestView */
        RequestView: {
            body: string | components["schemas"]["SizeOnly"];
            bytes: number;
            headers: {
                [key: string]: string;
            };
            method: string;
            url: string;
        };
        /**
         * Resending
         * @description What to send in place of what was sent; null is the same again.
         */
        Resending: {
            body?: string | null;
        };
        /** ResponseView */
        ResponseView: {
            body: string | components["schemas"]["SizeOnly"];
            bytes: number;
            headers: {
                [key: string]: string;
            };
            status: number;
        };
        /**
         * RidAsked
         * @description A rid, or a whole answer: the first rid in it counts.
         */
        RidAsked: {
            /** @enum {unknown} */
            target?: "platform" | "wechat";
            text: string;
        };
        /**
         * RidFound
         * @description The refused call; of WeChat itself what `openid/rid/get` tells.
         */
        RidFound: {
            story: components["schemas"]["RidStory"] | null;
            tried: components["schemas"]["Tried"] | null;
        };
        /**
         * RidStory
         * @description A refused call, found by its rid. Everything is masked.
         */
        RidStory: {
            accounts: components["schemas"]["BothLanguages"] | null;
            appid: string;
            call: components["schemas"]["CallRow"] | null;
            client_ip: string;
            cost_ms: number;
            forgotten_at: number;
            path: string;
            query: string;
            request: string;
            response: string;
            rid: string;
            time: number;
            told: components["schemas"]["CodeTold"] | null;
        };
        /**
         * Rights
         * @description The answer: `err_msg` as the page sees it, and what it may use from now on.
         */
        Rights: {
            /** @default [] */
            apis: string[];
            /** @default [] */
            denied: string[];
            errMsg: string;
            /** @default [] */
            openTags: string[];
            /** @default null */
            reason: components["schemas"]["BothLanguages"] | null;
            /** @default [] */
            unknown: string[];
        };
        /** RightsView */
        RightsView: {
            calls: components["schemas"]["RightView"][];
        };
        /**
         * RightView
         * @description A call: whether this kind of account has it, its quota of a day (null: none published), calls of today.
         */
        RightView: {
            allowed: boolean;
            daily: number | null;
            en: string;
            group: string;
            path: string;
            used: number;
            zh: string;
        };
        /**
         * RowCode
         * @description The same in several ways; empty where there is none.
         */
        RowCode: {
            /** @default  */
            cli: string;
            /** @default  */
            curl: string;
            /** @default  */
            python: string;
            /** @default  */
            python_async: string;
            /** @default  */
            test: string;
        };
        /**
         * RowDetail
         * @description A row in full. Secrets and tokens are shortened.
         */
        RowDetail: {
            body: string;
            cause: components["schemas"]["RowView"] | null;
            caused: components["schemas"]["RowView"][];
            exchanges: components["schemas"]["TrafficEntry"][];
            explained: components["schemas"]["Explained"];
            row: components["schemas"]["RowView"];
            seals: (components["schemas"]["Steps"] | null)[];
        };
        /**
         * RowTrial
         * @description A row of the traffic as something to try again: a call with its values, or a push with its XML.
         */
        RowTrial: {
            appid: string;
            call: string;
            push: string;
            values: Record<string, never>;
            xml: string;
        };
        /**
         * RowView
         * @description One row of the log: a push with all its attempts, a call, a visit, or a pause of pushes.
         */
        RowView: {
            appid: string;
            attempts: number;
            bars: components["schemas"]["Bar"][];
            cause: components["schemas"]["Cause"] | null;
            cost_ms: number;
            errcode: number;
            fault: number | null;
            /** @enum {unknown} */
            kind: "api" | "pause" | "push" | "verify" | "web";
            lines: number[];
            lookup: boolean;
            number: number;
            of: number;
            openid: string;
            person: string;
            result: components["schemas"]["BothLanguages"];
            /** @enum {unknown} */
            state: "bad" | "ok" | "wait" | "warn";
            time: number;
            title: string;
            until: number;
            words: components["schemas"]["Part"][];
        };
        /** Scanning */
        Scanning: {
            ticket?: string;
            url?: string;
        };
        /**
         * SentPush
         * @description What came back, and whether it is a valid reply.
         */
        SentPush: {
            answer: string;
            built: components["schemas"]["BuiltPush"];
            cost_ms: number;
            decrypted: string | null;
            headers: {
                [key: string]: string;
            };
            kind: string;
            ok: boolean;
            seq: number;
            status: number | null;
            verdict: components["schemas"]["BothLanguages"];
        };
        /**
         * Serving
         * @description A person and the agent who is to serve them.
         */
        Serving: {
            kf_account: string;
            person: string;
        };
        /**
         * SessionView
         * @description `forwards` is false after half an hour: messages go to the account's server again.
         */
        SessionView: {
            forwards: boolean;
            kf_account: string;
            openid: string;
            person: string;
            since: number;
        };
        /**
         * Share
         * @description One page passed on; `receiver` is a person, for a friend.
         */
        Share: {
            appid: string;
            description: string;
            link: string;
            person: string;
            picture: string;
            receiver: string;
            target: string;
            time: number;
            title: string;
        };
        /**
         * Shares
         * @description Shared pages, the latest first.
         */
        Shares: {
            shares: components["schemas"]["Share"][];
        };
        /** ShortVideoLine */
        ShortVideoLine: {
            appid: string;
            kf?: string;
            media_id: string | null;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            /** @enum {unknown} */
            type: "shortvideo";
            url: string;
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /**
         * ShownBody
         * @description A body as a page shows it: text, or a file in base64; of long ones the beginning or only the size.
         */
        ShownBody: {
            /** @default  */
            content_type: string;
            /** @default null */
            file: string | null;
            /** @default  */
            filename: string;
            /** @default 0 */
            size: number;
            /** @default null */
            text: string | null;
        };
        /**
         * SituationView
         * @description `faults` counts those that concern the account; `paused_until` (platform time, unix seconds) is set while
         *         MarkFail stops its pushes; `alarms` counts all that it has had.
         */
        SituationView: {
            alarms: number;
            faults: number;
            paused_until: number | null;
            program: components["schemas"]["ProgramView"];
            recording: components["schemas"]["RecordingView"];
        };
        /**
         * SizeOnly
         * @description A body that is no text.
         */
        SizeOnly: {
            bytes: number;
            content_type: string;
        };
        /** Snapshot */
        Snapshot: {
            name: string;
            now: number;
            saved_at: number;
        };
        /** SnapshotsView */
        SnapshotsView: {
            snapshots: components["schemas"]["Snapshot"][];
        };
        /**
         * Speaking
         * @description What a person says, and to which account.
         */
        Speaking: {
            appid: string;
            content?: string;
            description?: string;
            file?: string;
            filename?: string;
            label?: string;
            latitude?: number;
            longitude?: number;
            msgmenu_id?: string | null;
            scale?: number;
            title?: string;
            /** @enum {unknown} */
            type?: "image" | "link" | "location" | "shortvideo" | "text" | "video" | "voice";
            url?: string;
        };
        /**
         * StateView
         * @description The whole test bed.
         */
        StateView: {
            accounts: components["schemas"]["AccountState"][];
            clock: components["schemas"]["ClockView"];
            failed_jobs: components["schemas"]["FailedJob"][];
            people: components["schemas"]["PersonView"][];
            version: string;
        };
        /**
         * Steps
         * @description How the signatures and the ciphertext came about. The sorted strings hold the Token in clear.
         */
        Steps: {
            /** @default [] */
            buffer: components["schemas"]["BufferPart"][];
            /** @default  */
            ciphertext: string;
            joined: string;
            /** @default  */
            msg_joined: string;
            /** @default  */
            msg_signature: string;
            /** @default [] */
            msg_sorted: string[];
            signature: string;
            sorted: string[];
        };
        /**
         * SubButton
         * @description A button of the second level: it always does something.
         */
        SubButton: {
            appid?: string | null;
            article_id?: string | null;
            key?: string | null;
            media_id?: string | null;
            name: string;
            pagepath?: string | null;
            sub_button?: unknown[];
            /** @enum {unknown} */
            type: "article_id" | "article_view_limited" | "click" | "location_select" | "media_id" | "miniprogram" | "pic_photo_or_album" | "pic_sysphoto" | "pic_weixin" | "scancode_push" | "scancode_waitmsg" | "view" | "view_limited";
            url?: string | null;
        };
        /**
         * SubscriptionsView
         * @description The account's templates of permitted messages (订阅通知), and the one of one-time messages.
         */
        SubscriptionsView: {
            one_time_template_id: string;
            templates: components["schemas"]["NoticeTemplateView"][];
        };
        /** Switching */
        Switching: {
            kf_account: string;
            person: string;
            to: string;
        };
        /** TagsView */
        TagsView: {
            tags: components["schemas"]["TagView"][];
        };
        /** TagView */
        TagView: {
            count: number;
            id: number;
            name: string;
        };
        /** Tapping */
        Tapping: {
            appid: string;
            files?: string[];
            label?: string;
            latitude?: number;
            longitude?: number;
            path: number[];
            scan_result?: string;
        };
        /**
         * Taught
         * @description What it is known by from now on.
         */
        Taught: {
            key: string;
            kind: string;
        };
        /**
         * Teaching
         * @description What is read from something: known by a file (base64), or by `key`, its SHA-256, address, voice id or text.
         */
        Teaching: {
            file?: string;
            key?: string;
            kind: string;
            result: Record<string, never>;
        };
        /** Template */
        Template: {
            blocked: number;
            content: string;
            deputy_industry: string;
            example: string;
            primary_industry: string;
            template_id: string;
            title: string;
        };
        /** TemplateLine */
        TemplateLine: {
            appid: string;
            kf?: string;
            lines: components["schemas"]["TemplateValue"][];
            miniprogram?: components["schemas"]["MiniProgramTarget"] | null;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            title: string;
            /** @enum {unknown} */
            type: "template";
            url?: string | null;
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /** TemplatesView */
        TemplatesView: {
            templates: components["schemas"]["Template"][];
        };
        /** TemplateValue */
        TemplateValue: {
            label: string;
            value: string;
        };
        /** TextLine */
        TextLine: {
            appid: string;
            content: string;
            kf?: string;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            /** @enum {unknown} */
            type: "text";
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /**
         * TieView
         * @description A person's relation to one account.
         */
        TieView: {
            openid: string;
            subscribed: boolean;
            unionid: string | null;
        };
        /**
         * TrafficEntry
         * @description One request and its answer; secrets and tokens are shortened.
         */
        TrafficEntry: {
            appid: string;
            attempt: number | null;
            cost_ms: number;
            decrypted: string | components["schemas"]["SizeOnly"] | null;
            errcode: number | null;
            fault: number | null;
            /** @enum {unknown} */
            kind: "api" | "push" | "verify" | "web";
            of: number | null;
            openid: string | null;
            person: string | null;
            request: components["schemas"]["RequestView"];
            response: components["schemas"]["ResponseView"] | null;
            response_decrypted: string | components["schemas"]["SizeOnly"] | null;
            rid: string | null;
            seq: number;
            time: number;
            title: string;
            verdict: components["schemas"]["VerdictView"];
        };
        /**
         * TrafficView
         * @description A part of the log, oldest first. `after=` with the last number continues while there is `more`; `dropped` counts
         *         the entries after the cursor that are not held any more.
         */
        TrafficView: {
            dropped: number;
            entries: components["schemas"]["TrafficEntry"][];
            last: number;
            more: boolean;
            oldest: number;
        };
        /**
         * Trial
         * @description One call by the name of its class or by its path. `access_token` null takes a good one of the account.
         */
        Trial: {
            access_token?: string | null;
            appid?: string;
            call: string;
            confirmed?: boolean;
            files?: {
                [key: string]: components["schemas"]["GivenFile"];
            };
            /** @enum {unknown} */
            target?: "platform" | "wechat";
            values?: Record<string, never>;
        };
        /**
         * TrialAnswer
         * @description What came back, as it came.
         */
        TrialAnswer: {
            body: components["schemas"]["ShownBody"];
            headers: {
                [key: string]: string;
            };
            line: string;
            status: number;
        };
        /**
         * TrialCode
         * @description The call as code, and the first rule that its values break.
         */
        TrialCode: {
            code: components["schemas"]["CallCode"];
            problem: components["schemas"]["ValuesProblem"] | null;
        };
        /**
         * TrialRequest
         * @description What went out; tokens and secrets of WeChat's are hidden, those of the platform are shown.
         */
        TrialRequest: {
            body: components["schemas"]["ShownBody"];
            headers: {
                [key: string]: string;
            };
            url: string;
            verb: string;
        };
        /**
         * Tried
         * @description A call that was made: `answer` is null when none came, and `problem` says why.
         */
        Tried: {
            answer: components["schemas"]["TrialAnswer"] | null;
            cost_ms: number;
            problem: components["schemas"]["BothLanguages"] | null;
            quota: components["schemas"]["QuotaUse"] | null;
            request: components["schemas"]["TrialRequest"];
            seq: number | null;
            told: components["schemas"]["CodeTold"] | null;
        };
        /** Triggering */
        Triggering: {
            appid: string;
            event: string;
            fields?: Record<string, never>;
            person?: string;
        };
        /** TriggersView */
        TriggersView: {
            events: components["schemas"]["TriggerView"][];
        };
        /**
         * TriggerView
         * @description A push that can be triggered.
         */
        TriggerView: {
            en: string;
            name: string;
            zh: string;
        };
        /**
         * Uploaded
         * @description An uploaded file: its serverId, which is a media_id.
         */
        Uploaded: {
            server_id: string;
        };
        /**
         * Uploading
         * @description A picture or a voice (base64) of a page of this account.
         */
        Uploading: {
            appid: string;
            file: string;
            /** @enum {unknown} */
            kind: "image" | "voice";
        };
        /**
         * ValuesProblem
         * @description What is wrong with the values before they are sent: the parameter, WeChat's code for it, and why.
         */
        ValuesProblem: {
            code: number;
            en: string;
            path: string;
            zh: string;
        };
        /**
         * VerdictView
         * @description Whether an exchange went well; `class` is a stable word to filter by.
         */
        VerdictView: {
            class: string;
            en: string;
            ok: boolean;
            zh: string;
        };
        /**
         * Verified
         * @description Whether a server URL answered the verification; `seq` is the traffic entry.
         */
        Verified: {
            en: string;
            ok: boolean;
            seq: number | null;
            zh: string;
        };
        /**
         * VerifiedUrl
         * @description The verification of a server URL: what was sent, what came back, and why it fails.
         */
        VerifiedUrl: {
            answer: string;
            cost_ms: number;
            echostr: string;
            headers: {
                [key: string]: string;
            };
            ok: boolean;
            seq: number;
            status: number | null;
            steps: components["schemas"]["Steps"];
            url: string;
            verdict: components["schemas"]["BothLanguages"];
        };
        /**
         * Verifying
         * @description A server URL to verify; URL and Token are the account's where they are left out.
         */
        Verifying: {
            appid: string;
            encryption?: ("compatible" | "plain" | "safe") | null;
            token?: string | null;
            url?: string;
        };
        /** VideoLine */
        VideoLine: {
            appid: string;
            description?: string | null;
            kf?: string;
            media_id: string | null;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            title?: string | null;
            /** @enum {unknown} */
            type: "video";
            url: string;
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /**
         * Voice
         * @description A recorded voice, in base64.
         */
        Voice: {
            file: string;
        };
        /** VoiceLine */
        VoiceLine: {
            appid: string;
            content?: string;
            kf?: string;
            media_id: string | null;
            note?: string;
            person: string;
            row?: number | null;
            seq: number;
            /** @enum {unknown} */
            side: "account" | "person" | "system";
            time: number;
            /** @enum {unknown} */
            type: "voice";
            url: string;
            /** @enum {unknown} */
            via: "customer" | "mass" | "menu" | "message" | "passive" | "platform" | "template";
        };
        /** WaitingView */
        WaitingView: {
            latest: number;
            openid: string;
            person: string;
            since: number;
            text: string;
        };
        /**
         * WeChatItself
         * @description The account with which WeChat itself can be called, and where. The secret never leaves the server.
         */
        WeChatItself: {
            appid: string;
            base: string;
            prefix: string;
        };
        /**
         * Withdrawal
         * @description `items` are codes of RevokeInfo, such as 205 for nickname and picture.
         */
        Withdrawal: {
            appid: string;
            items: string[];
        };
        /** Withdrawing */
        Withdrawing: {
            url: string;
            user_comment_id: number;
        };
        /** Withdrawn */
        Withdrawn: {
            withdrawn: string[];
        };
        /**
         * Words
         * @description What a recorded voice says.
         */
        Words: {
            words: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
