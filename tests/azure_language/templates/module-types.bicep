@export()
type cfg = { name: string, sizes: int[] }
@export()
var defaultTags = { owner: 'me', 'with-dash': 'y' }
@export()
func mk(n string, i int) string => toLower('${n}${i}${uniqueString(n, string(i))}')
