// Values that only a run knows, through every kind of function.
param now string = utcNow('yyyyMMdd')
param g string = newGuid()
var v = { n: now, list: [now, 'b'], obj: { a: g } }
var arr = [for i in range(0, 2): '${now}-${i}']
resource a 'Microsoft.Compute/disks@2023-10-02' = [
  for (x, i) in arr: {
    name: 'd${i}'
    location: resourceGroup().location
    tags: {
      x: x
      first: first(v.list)
      last: last(v.list)
      j: join(v.list, ',')
      len: '${length(v.list)}'
      up: toUpper(now)
      c: contains(v.list, 'b') ? 'y' : 'n'
      e: empty(now) ? 'y' : 'n'
    }
    properties: {
      creationData: { createOption: 'Empty' }
      diskSizeGB: int(substring(now, 0, 2))
      tier: now == '20240101' ? 'P10' : 'P20'
    }
  }
]
resource b 'Microsoft.Compute/disks@2023-10-02' = if (now == 'x') {
  name: 'cond'
  location: now
  properties: { creationData: { createOption: 'Empty' } }
}
resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'lk-${now}'
  scope: b
  properties: { level: 'CanNotDelete' }
}
module mod 'module-disks.bicep' = if (now == 'y') { name: 'mod', params: { n: now, o: v, a: arr } }
module mod2 'module-disks.bicep' = [
  for x in arr: { name: 'mod-${x}', params: { n: x, o: union(v, { more: x }), a: concat(arr, [x]) } }
]
output o object = v
output p array = arr
output q string = mod.outputs.r
output r array = [for i in range(0, 2): mod2[i].outputs.r]
output s object = toObject(arr, x => x)
output t array = map(arr, x => toUpper(x))
output u string = uniqueString(now)
output w bool = startsWith(now, '2024')
output x array = sort(arr, (p, q) => p < q)
output y int = length(arr)
output z array = union(arr, ['q'])
output aa object = union(v, { n: null, z: 1 })
output ab string = v.?missing ?? now
output ac string = b.id
output ad array = items(v)
output ae object = reduce(arr, {}, (acc, x) => union(acc, { k: x }))
output af array = flatten([arr, ['z']])
output ag string = guid(now, 'x')
output ah bool = contains(arr, 'zz')
output ai array = skip(arr, 1)
output aj bool = v == { n: 'q' }
