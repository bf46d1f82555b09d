// Types and variables from another file, safe accesses, children of copies.
import { cfg, defaultTags } from 'module-types.bicep'
param c cfg = { name: 'x', sizes: [1, 2] }
param opt object?
param optArr string[]?
param b bool?
@description('d')
@metadata({ a: 1 })
param m 1 | 2 | 3 = 2
param mixed ('a' | 'b')[] = ['a']
var t = { ...defaultTags, x: c.name }
var multi = '''
a${c.name}
'''
var ctrl = 'tab\tnl\ncr\r\u{1F600} ${'"'}'
resource st 'Microsoft.Storage/storageAccounts@2023-01-01' = [
  for (s, i) in c.sizes: if (s > (opt.?min ?? 0)) {
    name: toLower('${c.name}${i}')
    location: resourceGroup().location
    sku: { name: m == 2 ? 'Standard_LRS' : 'Premium_LRS' }
    kind: 'StorageV2'
    tags: t
    properties: {
      accessTier: optArr[?0] ?? 'Hot'
      allowBlobPublicAccess: b ?? false
      minimumTlsVersion: opt.?a.?b ?? 'TLS1_2'
      isHnsEnabled: opt!.?z
    }
  }
]
resource bs 'Microsoft.Storage/storageAccounts/blobServices@2023-01-01' = [
  for (s, i) in c.sizes: {
    parent: st[i]
    name: 'default'
    properties: {
      isVersioningEnabled: i == 0
      cors: {
        corsRules: [
          for j in range(0, s): {
            allowedMethods: []
            allowedOrigins: ['${i}-${j}']
            allowedHeaders: []
            exposedHeaders: []
            maxAgeInSeconds: j
          }
        ]
      }
    }
  }
]
resource ct 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-01-01' = [
  for n in ['a', 'b']: {
    parent: bs[0]
    name: n
    properties: { publicAccess: 'None', metadata: { ctrl: ctrl, multi: multi, id: bs[1].id } }
  }
]
resource rp 'Microsoft.Resources/deploymentScripts@2023-08-01' = {
  name: 'ds'
  location: resourceGroup().location
  kind: 'AzurePowerShell'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${resourceId('Microsoft.ManagedIdentity/userAssignedIdentities', 'u')}': {} }
  }
  properties: {
    azPowerShellVersion: '9.0'
    retentionInterval: 'PT1H'
    scriptContent: 'Write-Output "$x"'
    arguments: '-a ${st[0].properties.primaryEndpoints.blob} -k \\"${st[0].listKeys().keys[0].value}\\"'
  }
}
output o1 object = rp.properties.outputs
output o2 string = rp.properties.outputs.text
output o3 array = [for (n, i) in ['a', 'b']: ct[i].id]
output o4 object? = opt
output o6 array = map(st, s => s.name)
output o7 array = map(st, s => s.properties.primaryEndpoints.blob)
output o8 string = join(map(range(0, 3), i => padLeft(i, 3, '0')), '/')
output o9 string = st[0].properties.accessTier
output o10 array = filter(map(items(t), k => k.key), k => k != 'x')
output o11 int = max(map(c.sizes, s => s * 2))
output o12 string = '${st[0].name}:${st[1].kind}'
output o13 bool = contains(c, 'name') && !empty(c.sizes)
output o14 array = concat(c.sizes, map(range(0, 1), i => 9))
output o15 string = format('{0:yyyy}|{1,6:N1}|{2}', 'x', 5, null)
