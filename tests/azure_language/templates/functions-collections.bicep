// Arrays, objects, numbers, comparison, logic.
param settings object = {
  Name: 'n'
  nested: {
    deep: [1, 2, { three: 3 }]
  }
  zero: 0
}
param numbers int[] = [5, 3, 9, 1]

var merged = union(settings, { name: 'other', nested: { more: true } }, { zero: null })

resource account 'Microsoft.Storage/storageAccounts@2023-01-01' = {
  name: 'st${take(uniqueString(resourceGroup().id), 8)}'
  location: resourceGroup().location
  kind: 'StorageV2'
  sku: {
    name: contains(settings, 'NAME') ? 'Standard_LRS' : 'Premium_LRS'
  }
  tags: {
    access: settings.nested.deep[2].three == 3 ? 'yes' : 'no'
    safe: settings.?missing.?deeper ?? 'default'
    safeIndex: string(settings.nested.deep[?7] ?? 'none')
    fromEnd: string(numbers[^1])
    keyed: string(settings['nested']['deep'][0])
    logic: string((true && !false) || (1 > 2))
    compare: string('a' < 'b' && 1 <= 1 && 'B' < 'a')
    equalText: string('a' =~ 'A' && 'a' != 'A' && 'a' !~ 'b')
    maths: string(-7 / 2 + 7 % 3 * 2 - (-3))
    minimum: '${min(numbers)}-${max(numbers)}-${min(4, 2)}'
  }
}

output merged object = merged
output union array = union([1, 2], [2, 3], [{ a: 1 }], [{ a: 1 }])
output deep object = union({ a: { b: { c: 1 } } }, { a: { b: { d: [2] } } }, { A: { e: 1 } })
output intersection array = intersection([1, 2, 3], [3, 2, 7])
output intersectionObject object = intersection({ a: 1, b: { c: 2 } }, { b: { c: 2 }, a: 3 })
output flat array = flatten([[1, [2]], [3], []])
output items array = items({ b: 1, A: { x: 2 }, c: [3] })
output keys array = objectKeys({ b: 1, A: 2 })
output shallow object = shallowMerge([{ a: { x: 1 } }, { a: { y: 2 } }, { b: 1 }])
output ranges array = range(3, 4)
output skipTake array = take(skip(numbers, 1), 2)
output firsts array = [first(numbers), last(numbers), length(numbers), length(settings)]
output contains array = [contains(numbers, 9), contains([{ a: 1 }], { a: 1 }), contains(['A'], 'a')]
output indexes array = [indexOf(['a', 'b', 'a'], 'a'), lastIndexOf(['a', 'b', 'a'], 'a'), indexOf(['a'], 'A')]
output parsed object = json('{"int": 1, "float": 2.50, "text": "x", "list": [true, null], "big": 9007199254740993}')
output numbersParsed array = [int('12'), int(-3), bool('True'), bool(0)]
output coalesced string = null ?? settings.?nothing ?? 'last'
output spread object = { ...settings, extra: true, Name: 'over' }
output spreadArray array = [0, ...numbers, ...[7, 8]]
output arrayOf array = array({ a: 1 })
output emptiness array = [empty([]), empty({}), empty(''), empty(null), empty([0])]
output pick string = {
  a: 'first'
  b: 'second'
}[length(numbers) > 3 ? 'b' : 'a']
