using 'main.bicep'

param storage_account_name = 'stbranch7'
