// Every string function, on values that show its corner cases.
param text string = 'Grüße, Welt'
param number int = 42
var nothing = ''

resource strings 'Microsoft.Resources/deploymentScripts@2023-08-01' = {
  name: 'strings-${uniqueString(resourceGroup().id, 'x', text)}'
  location: resourceGroup().location
  kind: 'AzureCLI'
  tags: {
    base64: base64(text)
    back: base64ToString(base64(text))
    json: string(base64ToJson(base64('{"a":[1,true,null]}')))
    concat: concat('a', string(number), string(true))
    interpolated: '${text}-${number}-${true}-${'nested ${toUpper('x')}'}'
    dataUri: dataUri(text)
    dataUriBack: dataUriToString(dataUri(text))
    ends: string(endsWith(text, 'WELT'))
    starts: string(startsWith(text, 'gr'))
    first: first(text)
    last: last(text)
    format: format('{0,8}|{0,-8}|{1:D5}|{1:X}|{1:N1}|{{}}|{2}', 'ab', number, true)
    formatJson: format('{0} {1}', [1, 'a', { b: 'c' }], { d: [null, false] })
    guid: guid(text, string(number))
    index: string(indexOf('abcABC', 'B'))
    lastIndex: string(lastIndexOf('abcABC', 'b'))
    join: join(['a', 1, true], '; ')
    lower: toLower('ÄÖÜ-ABC')
    upper: toUpper('äöü-abc')
    pad: padLeft(number, 6, '0')
    padSpace: '${padLeft('x', 3)}|'
    replace: replace('aXbXc', 'X', '--')
    split: string(split('a,b;c', [',', ';']))
    splitNothing: string(split(nothing, ','))
    sub: substring('0123456789', 3)
    subLength: substring('0123456789', 3, 4)
    skip: skip('0123456789', 8)
    take: take('0123456789', 2)
    trim: trim('  \t both \n ')
    uri: uri('https://example.org/a/b', 'c/d?e=f')
    uriSlash: uri('https://example.org/a/b/', '/root')
    component: uriComponent('a b&c=d/e?f+g:ü')
    componentBack: uriComponentToString('a%20b%26c')
    unique: uniqueString('fu', 'bar')
    empty: string(empty(nothing))
    length: string(length(text))
    contains: string(contains(text, 'Welt'))
    containsCase: string(contains(text, 'welt'))
    quotes: 'it\'s "quoted" \\ \${not}'
    multi: '''
line one
  line 'two' ${x}
'''
  }
  properties: {
    azCliVersion: '2.40.0'
    retentionInterval: 'P1D'
    scriptContent: loadTextContent('script.sh')
    environmentVariables: [for (word, i) in split('alpha beta gamma', ' '): {
      name: 'WORD_${i}'
      value: word
    }]
  }
}

output brackets string = '[not an expression]'
output open string = '[half'
output closed string = 'half]'
output list array = split('[a],[[b]', ',')
output unique string = uniqueString(resourceGroup().id)
output characters object = { 'it\'s': 1, 'with space': 2, 'a.b': 3, '[x]': 4 }
