/**
 * The patterns of the table of refusals: ours, held against a vendor's text of bounded length. `{model}` stands in it for the name of the
 * model that was asked for. Every repetition in them is bounded: no text makes one slow.
 */

/** Something is refused for the model, and not the model: "images are not supported on model X". */
const aside = String.raw`(?<!\b(?:for|on|with|by|in|of)\s{1,4}(?:the |this )?['"\x60]?)`;
/** A subject, a name between quotes or none, and what is said of it. */
const named = String.raw`[\s:'"\x60(\[]*(?:\{model\}|[\w.:/@-]{1,80})?[\s'"\x60)\]:,-]*`;

export const saysNoModel = new RegExp(
  [
    String.raw`${aside}\bmodel\b${named}(?:does not|doesn['’]t|do not|is not|was not|not)\s+(?:exist|found|available|supported\s*(?:$|[.,;!]|by|here|on|in|for this (?:endpoint|key|token|plan|account|group)))`,
    String.raw`\b(?:unknown|unsupported|invalid|unrecognized|no such|not found the|could not find(?: the)?|cannot find(?: the)?) model\b(?! (?:parameter|feature|type|config|input|output|response|field|value))`,
    String.raw`${aside}\{model\}['"\x60\s]*(?:(?:is|was) (?:not|un)\s?(?:a valid model|supported|available|found|allowed)|(?:not found|does not exist|doesn['’]t exist))`,
    String.raw`\bnot a valid model\b|\bLLM Provider NOT provided\b`,
    String.raw`\bsupported (?:API )?model names are\b|\bmodel identifier is (?:invalid|not valid)\b|\bmodel ID\b[^\n]{0,120}\bwith on-demand throughput\b`,
    String.raw`\bmodel\b${named}(?:ratio or price|ratio|price) (?:is )?not (?:set|configured)`,
    '(?:模型|\\{model\\})[^。]{0,120}(?:倍率|价格)[^。]{0,20}未(?:配置|设置)',
    String.raw`\bmodel_not_(?:found|exist|available|supported)\b`,
    '模型[^。!！;；]{0,120}(?:不存在|未找到|找不到|不可用|已下线|已停用)',
    '(?:不存在|未找到|找不到|不支持)(?:该|此|当前|所选|请求的)?的?模型',
  ].join('|'),
  'i',
);

export const saysNoChannel = new RegExp(
  [
    String.raw`\bno\b[\w\s]{0,30}\b(?:channels?|providers?|accounts?|upstreams?|deployments?|endpoints?|backends?)\b[^.\n]{0,60}(?:\bmodel\b|\{model\})`,
    String.raw`\bno endpoints found for\b`,
    String.raw`(?:模型|\{model\})[^。]{0,120}无可用(?:渠道|通道|账号|账户)`,
    String.raw`无可用(?:渠道|通道|账号|账户)[^。]{0,60}(?:模型|\{model\})`,
  ].join('|'),
  'i',
);

export const saysNoAccess = new RegExp(
  [
    String.raw`\{model\}`,
    String.raw`\b(?:access|permission|allow\w*|entitled|available|includes?|support\w*|authorized|upgrade|enabled)\b[^\n]{0,120}\bmodels?\b`,
    String.raw`\bmodels?\b[^\n]{0,120}\b(?:access|permission|allow\w*|entitled|available|included?|support\w*|authorized|upgrade|enabled)\b`,
    '无权(?:访问|使用|调用)[^。]{0,20}模型',
    '模型[^。]{0,60}(?:无权|没有权限|未授权|未开通)',
  ].join('|'),
  'i',
);

export const saysNoBalance = new RegExp(
  [
    String.raw`\bcredit balance is too low\b`,
    String.raw`\binsufficient[\s_-]+(?:account |user |token |wallet )?(?:balance|credits?|funds|quota)\b`,
    String.raw`\b(?:balance|credits?|credit limit|(?:user|token) quota)\b[^.\n]{0,20}\b(?:is |are )?(?:insufficient|not enough|exhausted|used up|depleted|too low)`,
    String.raw`\b(?:account|organization|workspace)\b[^.\n]{0,40}\bin arrears\b|\boverdue[ -](?:payment|balance)\b|\bin good standing\b`,
    String.raw`\bexceeded your current quota\b`,
    '余额不足|额度不足|额度已?(?:用尽|用完|耗尽)|欠费|预扣费额度失败|余额已?(?:用尽|用完|耗尽)',
  ].join('|'),
  'i',
);

export const saysAccountClosed = new RegExp(
  [
    String.raw`\b(?:organization|account|workspace|subscription|membership|access)\b[^.\n]{0,40}\b(?:has been|have been|is|was|been)\s+(?:temporarily |permanently )?(?:disabled?|suspended|deactivated|banned|locked|terminated|blocked|expired|closed)\b`,
    String.raw`\benforced_spend_limit_reached\b|\breached your specified (?:\w+ )?API usage limits?\b|\bspend(?:ing)? limit\b[^.\n]{0,40}\b(?:reached|exceeded|hit)\b|\b(?:reached|exceed(?:ed)?|hit)\b[^.\n]{0,40}\bspend(?:ing)? limits?\b`,
    '账[号户](?:已)?被?(?:封禁|停用|冻结|禁用|锁定)',
  ].join('|'),
  'i',
);

export const saysUsedUp = new RegExp(
  [
    String.raw`\b(?:usage|daily|weekly|monthly|\d+-?hours?|cost|plan|request quota|session)(?:/\w+)? limits?\b[^.\n]{0,30}\b(?:reached|exceeded|exhausted|hit)\b`,
    String.raw`\b(?:reached|hit|exceeded)\b[^.\n]{0,60}\b(?:usage|daily|weekly|monthly|\d+-?hours?|cost|session)\b[^.\n]{0,20}\blimits?\b`,
    String.raw`\b(?:hour|day|week|month)\w* allocated quota exceeded\b`,
    String.raw`\b(?:reached|hit|exceeded)\b[^.\n]{0,40}\b(?:\d+-?hours?|daily|weekly|monthly)\b[^.\n]{0,20}\bquota\b`,
    String.raw`\bquota will (?:be refreshed|reset|refresh)\b`,
    '使用上限|限额将在|(?:今日|每日|本周|每周|本月|每月|套餐)[^。]{0,12}(?:额度|用量|次数|上限)[^。]{0,8}(?:用尽|用完|耗尽|超出|超限|已达)',
  ].join('|'),
  'i',
);

/** Bodies that are too large for what stands before the endpoint, which says so in its own words: nginx and its like. */
export const saysTooLarge = /\btoo large\b|\btotal message size \d+ exceeds limit\b/i;

/** Words of an endpoint that serves some clients only. */
export const saysWhichClients = new RegExp(
  [
    String.raw`\bclaude[ _-]?(?:code|cli)\b|\bcoding agents?\b|\buser[ -]?agent\b`,
    String.raw`\b(?:clients?|agents?)\b[^.\n]{0,30}\b(?:not|un)\s?(?:allowed|supported|authorized|permitted|recognized)\b`,
    String.raw`\b(?:unsupported|unauthorized|unknown|unofficial|third[- ]party|disallowed|invalid|allowed|official) (?:clients?|agents?)\b`,
    String.raw`\bonly\b[^.\n]{0,60}\b(?:clients?|agents?|cli)\b|\bclient_(?:validation|restrict\w*|not_allowed)`,
    '客户端',
  ].join('|'),
  'i',
);
