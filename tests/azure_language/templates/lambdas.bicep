// The lambda family, nested and with indices.
param machines array = [
  { name: 'web', size: 2, zones: ['1', '2'] }
  { name: 'db', size: 8, zones: ['3'] }
  { name: 'cache', size: 4, zones: [] }
]
param prefix string = 'p'

var bySize = sort(machines, (a, b) => a.size < b.size)
var names = map(machines, m => '${prefix}-${m.name}')

resource sets 'Microsoft.Compute/availabilitySets@2023-03-01' = [for (m, i) in filter(machines, m => m.size > 2): {
  name: '${m.name}-${i}'
  location: resourceGroup().location
  tags: reduce(m.zones, {}, (all, zone) => union(all, { 'zone${zone}': 'yes' }))
  properties: {
    platformFaultDomainCount: length(m.zones) + 1
  }
}]

output sorted array = map(bySize, m => m.name)
output descending array = sort([3, 1, 2], (a, b) => a > b)
output texts array = sort(['b', 'a', 'C', 'Ä'], (a, b) => a < b)
output indexed array = map(names, (n, i) => '${i}:${n}')
output filteredByIndex array = filter(names, (n, i) => i % 2 == 0)
output total int = reduce(machines, 0, (sum, m) => sum + m.size)
output weighted int = reduce([1, 2, 3], 0, (sum, n, i) => sum + n * i)
output lookup object = toObject(machines, m => m.name)
output sizes object = toObject(machines, m => m.name, m => m.size)
output groups object = groupBy(machines, m => m.size > 3 ? 'large' : 'small')
output values object = mapValues({ a: 1, b: 2 }, v => v * 10)
output zones array = flatten(map(machines, m => map(m.zones, z => '${m.name}${z}')))
output pairs array = map([1, 2], x => map([10, 20], y => x * y))
output ids array = map(range(0, 2), i => resourceId('Microsoft.Compute/disks', 'disk${i}'))
output setIds array = [for i in range(0, 2): sets[i].id]
