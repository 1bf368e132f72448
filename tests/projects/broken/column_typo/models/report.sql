with
    rows as (select * from {{ ref('customers') }})

select
    x,
    wrod
from rows
