// What an official account may have been given and a person may take back: codes of RevokeInfo (授权用户信息变更).
export const REVOCABLE = [
  { code: '201', zh: '地址', en: 'address' },
  { code: '202', zh: '发票信息', en: 'invoice' },
  { code: '203', zh: '卡券信息', en: 'cards' },
  { code: '204', zh: '麦克风', en: 'microphone' },
  { code: '205', zh: '昵称和头像', en: 'nickname and avatar' },
  { code: '206', zh: '位置信息', en: 'location' },
  { code: '207', zh: '选中的图片或视频', en: 'chosen pictures or videos' },
] as const
