select 'København' as x
