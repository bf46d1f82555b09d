// Dates and epochs, .NET formats.
param base string = '2024-02-29T23:30:15Z'
param now string = utcNow()
param stamp string = utcNow('yyyy-MM-dd')
param id string = newGuid()

resource job 'Microsoft.Automation/automationAccounts@2023-11-01' = {
  name: 'auto'
  location: resourceGroup().location
  tags: {
    day: dateTimeAdd(base, 'P1D')
    month: dateTimeAdd(base, 'P1M', 'yyyy-MM')
    year: dateTimeAdd(base, '-P1Y', 'dddd, d MMMM yyyy')
    time: dateTimeAdd(base, 'PT45M30S', 'HH:mm:ss')
    short: dateTimeAdd(base, 'PT0S', 'ddd dd MMM yy h:mm tt')
    sortable: dateTimeAdd(base, 'P1DT2H', 's')
    universal: dateTimeAdd(base, 'P1DT2H', 'u')
    round: dateTimeAdd('2024-02-29', 'P0D', 'o')
    rfc: dateTimeAdd(base, '-PT1H', 'R')
    offset: dateTimeAdd('2024-05-01T10:00:00+02:00', 'PT1H', 'yyyy-MM-ddTHH:mm:sszzz')
    plain: dateTimeAdd('2024-05-01T10:00:00+02:00', 'PT1H')
    quoted: dateTimeAdd(base, 'P0D', 'yyyy\'T\'MM "and" dd')
    epoch: string(dateTimeToEpoch(base))
    back: dateTimeFromEpoch(1709249415)
    unknown: now
    unknownToo: 'at-${stamp}-${id}'
    later: dateTimeAdd(now, 'P1D')
  }
}
